"""How far Coxa's bone surfaces lie from the mask, and from the true mesh that a simulated scan was made of.

    python benchmarks/surfaces.py BONES SIMULATED... [--found OUT]

BONES holds a folder of true meshes for each subject; each SIMULATED folder is one that ``simct`` wrote from them.
The surface of the true mask shows what voxels and smoothing cost; with ``--found``, where ``benchmarks/accuracy.py``
left its results, the surface of Coxa's own mask is compared as well. Figures in voxels are of the mean spacing.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from coxa.geometry.deviation import deviation_between
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.io.images.label_files import read_labels
from coxa.surface import extract_surface, surface_of_mask

BONES = ("hip_left", "hip_right", "sacrum", "femur_left", "femur_right")


def true_mesh(bones: Path, truth: dict[str, Any], name: str) -> Mesh | None:
    """Return the mesh of a subject's bone, posed as in the scan; None when the subject lacks it."""
    file = bones / truth["subject"] / f"{name}.npz"
    if not file.exists():
        return None
    arrays = np.load(file)
    posed = np.array(truth["pose"]["mesh_to_posed_4x4_mm"])
    vertices = arrays["vertices"] @ posed[:3, :3].T + posed[:3, 3]
    return Mesh(vertices.astype(np.float64), arrays["faces"].astype(np.int64))


def clear_of_the_border(mesh: Mesh, grid: Grid) -> bool:
    """Tell whether the whole mesh is in view: a bone that the scan cuts has another volume."""
    index = grid.indices_from_points(mesh.vertices_lps_mm)
    return bool(((index > 1) & (index < np.array(grid.size) - 2)).all())


def line(what: str, true: Mesh, made: Mesh, voxel_mm: float) -> str:
    """Return one row: 95th percentile both ways in voxels, and the volume's error."""
    found = deviation_between(true, made)
    return (
        f"  {what}: p95 {found.p95_mm:.2f} mm = {found.p95_mm / voxel_mm:.2f} voxel, volume {found.volume_change:+.2%}"
    )


def judge(simulated: Path, bones: Path, found: Path | None) -> None:
    """Print the figures of one scan."""
    truth = json.loads((simulated / "truth.json").read_text(encoding="utf-8"))
    names = {value: name for name, value in truth["label_values"].items() if name in (*BONES, "metal")}
    masks = read_labels(simulated / "labels.nii.gz", names)
    own = None if found is None else read_labels(found / simulated.name / "segmentation.nii.gz")
    voxel_mm = float(np.mean(masks.grid.spacing_mm))
    for name in BONES:
        true = true_mesh(bones, truth, name)
        if true is None or not masks.has(name) or not clear_of_the_border(true, masks.grid):
            continue
        print(f"{simulated.name} {name}")
        surface = extract_surface(masks, name)
        stepped = surface_of_mask(masks.mask(name), masks.grid, sigma_voxels=0.0)
        print(line("the smoothing's own shift", stepped, surface.mesh, voxel_mm))
        print(line("true mask against the mesh", true, surface.mesh, voxel_mm))
        if own is not None and own.has(name):
            print(line("found mask against the mesh", true, extract_surface(own, name).mesh, voxel_mm), flush=True)


def main() -> int:
    """Judge the scans named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bones", type=Path)
    parser.add_argument("simulated", nargs="+", type=Path)
    parser.add_argument("--found", type=Path)
    arguments = parser.parse_args()
    for simulated in arguments.simulated:
        judge(simulated, arguments.bones, arguments.found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
