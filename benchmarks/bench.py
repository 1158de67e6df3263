"""Time and peak memory of each stage on a simulated 512 x 512 x 400 CT, against the floor of its libraries.

    make bench

The scan is simulated once and kept in ``benchmarks/.cache``.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from floors import FLOOR_S
from memory import extra_peak_mb, reset_peak

CACHE = Path(__file__).parent / ".cache"
T = TypeVar("T")


@dataclass
class Table:
    """Rows: stage, seconds, extra peak memory in MB."""

    rows: list[tuple[str, float, float | None]] = field(default_factory=list)

    def timed(self, name: str, work: Callable[[], T]) -> T:
        """Run a stage and add its row."""
        before = reset_peak()
        began = time.perf_counter()
        result = work()
        self.rows.append((name, time.perf_counter() - began, extra_peak_mb(before)))
        return result

    def print(self) -> None:
        """Print the rows with the ratio to each floor."""
        print(f"{'stage':<16}{'time s':>9}{'floor s':>9}{'ratio':>8}{'extra peak MB':>15}")
        for name, seconds, peak in self.rows:
            floor = FLOOR_S.get(name)
            against = f"{floor:9.2f}{seconds / floor:8.1f}" if floor else f"{'-':>9}{'-':>8}"
            print(f"{name:<16}{seconds:9.2f}{against}" + (f"{peak:15.0f}" if peak is not None else f"{'-':>15}"))
        print(f"{'all':<16}{sum(seconds for _, seconds, _ in self.rows):9.2f}")


def simulated_scan(table: Table) -> Path:
    """Return a folder with 400 DICOM slices of 512 x 512; the stage ``simulate`` when it was not there yet."""
    from coxa.geometry import Grid
    from coxa.io.phantom_files import write_phantom
    from coxa.phantom import SCENARIOS, simulate

    parameters = SCENARIOS["benchmark"]
    folder = CACHE / parameters.digest
    if not folder.exists():
        grid = Grid((512, 512, 400), (0.8, 0.8, 0.8), np.array([-204.4, -140.0, -235.0]), np.eye(3))
        write_phantom(folder, table.timed("simulate", lambda: simulate(parameters, grid)))
    return folder / "dicom"


def run(table: Table, scan_path: Path) -> None:
    """Run every stage of ``coxa plan`` in order."""
    from coxa.anatomy import Side
    from coxa.case import MeasuredCase
    from coxa.case_folder import write_planned
    from coxa.io import load_scan
    from coxa.landmarks import find_landmarks
    from coxa.manufacturing import check_mesh
    from coxa.measure import measure
    from coxa.pipeline import MeasuredScan, PlannedScan
    from coxa.planning import PlanSettings, propose_plan
    from coxa.planning.plan import PRINTED_PARTS
    from coxa.segmentation import segment
    from coxa.surface import extract_surfaces

    scan = table.timed("load", lambda: load_scan(scan_path))
    volume = scan.volume
    segmentation = table.timed("segment", lambda: segment(volume))
    surfaces = table.timed("surfaces", lambda: extract_surfaces(segmentation))
    landmarks = table.timed("landmarks", lambda: find_landmarks(surfaces, volume.grid))
    rows = table.timed("measure", lambda: measure(landmarks, surfaces))
    case = MeasuredCase("benchmark", scan.sha256, volume.grid, (), landmarks, rows)
    settings = PlanSettings()
    planned = table.timed("plan", lambda: propose_plan(case, volume, segmentation, surfaces, Side.LEFT, settings))
    printed = [name for name in PRINTED_PARTS if name in planned.meshes]
    certificates = table.timed("print check", lambda: {n: check_mesh(planned.meshes[n]) for n in printed})
    results = PlannedScan(MeasuredScan(segmentation, surfaces, case), planned, certificates)
    with tempfile.TemporaryDirectory() as folder:
        table.timed("write", lambda: write_planned(Path(folder), scan, results))


if __name__ == "__main__":
    results = Table()
    run(results, simulated_scan(results))
    results.print()
