"""Time, memory and figures of a large augment with a lattice: 80 x 60 x 40 mm, cell 1.2 mm, drawn at 0.1 mm.

    python benchmarks/lattice.py [LAYER_MM]

The block is porous under one face as deep as LAYER_MM (2 by default, as augments are), then solid.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from memory import extra_peak_mb, reset_peak

from coxa.geometry import Grid
from coxa.io.meshes.mesh_files import open_edges
from coxa.manufacturing.part.lattice import Lattice
from coxa.manufacturing.part.porous_part import porous_part
from coxa.manufacturing.part.simplify import simplified_within

SIZE_MM = (80.0, 60.0, 40.0)
LATTICE = Lattice("gyroid", "network", 1.2, 0.70)
PITCH_MM, COARSE_MM, DEVIATION_MM = 0.1, 0.5, 0.02
T = TypeVar("T")


def block() -> tuple[np.ndarray, np.ndarray, Grid]:
    """Return a block's signed distance, the depth under its lower face, and their grid."""
    i, j, k = (int(side / COARSE_MM) + 9 for side in SIZE_MM)
    grid = Grid((i, j, k), (COARSE_MM,) * 3, np.array([100.0, -50.0, -600.0]), np.eye(3))
    axes = ((np.arange(n) - 0.5 * (n - 1)) * COARSE_MM for n in grid.shape)
    z, y, x = np.meshgrid(*axes, indexing="ij")
    outside = [np.abs(axis) - 0.5 * side for axis, side in zip((x, y, z), SIZE_MM, strict=True)]
    return np.max(outside, axis=0).astype(np.float32), (z + 0.5 * SIZE_MM[2]).astype(np.float32), grid


def timed(name: str, work: Callable[[], T]) -> T:
    """Run a step and print its time and how far memory rose."""
    before, began = reset_peak(), time.perf_counter()
    result = work()
    peak = extra_peak_mb(before)
    print(f"{name}: {time.perf_counter() - began:.1f} s, " + (f"{peak:.0f} MB more" if peak else "memory unknown"))
    return result


def main() -> int:
    """Make the part, then save triangles."""
    layer_mm = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    body, depth, grid = block()
    part = timed("lattice", lambda: porous_part(body, depth, grid, LATTICE, layer_mm, PITCH_MM))
    print(f"  {len(part.mesh.faces):,} triangles, {open_edges(part.mesh)} open edges, porosity {part.porosity:.3f}")
    fewer, found = timed("simplified", lambda: simplified_within(part.mesh, DEVIATION_MM))
    print(f"  {len(fewer.faces):,} triangles, {open_edges(fewer)} open edges")
    print(f"  {found.max_mm:.4f} mm at most, {found.mean_mm:.4f} on average, volume {found.volume_change:+.4%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
