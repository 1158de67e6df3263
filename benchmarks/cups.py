"""Measure the proposed cup of simulated revisions, with exact masks and with Coxa's own, against the truth.

    python benchmarks/cups.py SIMULATED... [--masks truth|own|both]

Each SIMULATED folder holds ``ct.nii.gz``, ``labels.nii.gz`` and ``truth.json`` as ``simct`` writes them. One block a
revised hip: error of target and of the cup's centre, the cup against the first one, host coverage by rays and by
counting voxels of the mask (independent of every mesh), medial wall, processor seconds of the search.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import map_coordinates

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray
from coxa.io import load_scan
from coxa.io.images.label_files import read_labels
from coxa.labels import Segmentation
from coxa.pipeline import MeasuredScan, measure_scan
from coxa.planning import PlanSettings
from coxa.planning.cup.search import choose_cup
from coxa.planning.cup.site import CupSite
from coxa.planning.cup.target import target_centre
from coxa.planning.cup.values import PlannedCup
from coxa.planning.defect.native_hemipelvis import native_hemipelvis

UNLABELLED = "cement_liner"
DIRECTIONS = 6000


def voxel_coverage(cup: PlannedCup, segmentation: Segmentation, side: Side, tolerance_mm: float) -> float:
    """Return the host coverage by looking the mask up behind random points of the hemisphere; no mesh, no ray."""
    rng = np.random.default_rng(20)
    directions = rng.normal(size=(DIRECTIONS, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    directions[directions @ cup.axis_lps > 0] *= -1.0
    mask = segmentation.mask(f"hip_{side}").astype(np.float32)
    found = np.zeros(DIRECTIONS, dtype=bool)
    for depth in np.linspace(0.0, tolerance_mm, 11):
        points: FloatArray = cup.centre_lps_mm + (0.5 * cup.outer_diameter_mm + depth) * directions
        kji = segmentation.grid.indices_from_points(points)[:, ::-1].T
        found |= map_coordinates(mask, kji, order=1) >= 0.5
    return float(found.mean())


def report(name: str, masks: str, measured: MeasuredScan, truth: dict[str, Any]) -> None:
    """Print one block for each hip whose cup has migrated."""
    settings = PlanSettings()
    for side in Side:
        true = truth["sides"][side]
        if not true.get("cup") or not true.get("migration"):
            continue
        landmarks, host = measured.case.landmarks, measured.surfaces[f"hip_{side}"]
        frame = landmarks.lps_from_app
        if frame is None:
            print(f"{name}, {masks}, {side}: no pelvic frame", flush=True)
            continue
        target = target_centre(measured.case, side, settings.cup)
        native = native_hemipelvis(measured.surfaces, landmarks, side)
        began, cpu = time.perf_counter(), time.process_time()
        choice = choose_cup(CupSite(host, native.mesh, frame, target.position_lps_mm, side), landmarks, settings)
        spent, cpu = time.perf_counter() - began, time.process_time() - cpu
        cup = choice.proposal.cup
        centre = np.array(true["native_rotation_centre"]["centre_lps_mm"])
        miss, off = (float(np.linalg.norm(p - centre)) for p in (target.position_lps_mm, cup.centre_lps_mm))
        print(
            f"{name}, {masks}, {side}: target {miss:.1f} mm, cup centre {off:.1f} mm from the true native centre | "
            f"{cup.outer_diameter_mm:g} mm, first cup {true['cup']['outer_diameter_mm']:g}, true head "
            f"{2 * true['native_rotation_centre']['radius_mm']:.1f} + 6 | {cpu:.1f} s of a processor, {spent:.1f} s"
        )
        for option in choice.options:
            f = option.figures
            by_voxels = [voxel_coverage(option.cup, measured.segmentation, side, t) for t in (1.0, 2.0, 3.0)]
            by_rays = (f.host_fraction_1mm, f.host_fraction_2mm, f.host_fraction_3mm)
            shares = ", ".join(f"{100 * r:.1f} ({100 * (r - v):+.1f})" for r, v in zip(by_rays, by_voxels, strict=True))
            wall = "none" if f.medial_wall_mm is None else f"{f.medial_wall_mm:.1f}"
            through = "-" if f.protrusion_mm is None else f"{f.protrusion_mm:.1f}"
            print(
                f"    {option.name:16s} {option.cup.outer_diameter_mm:g} mm, {f.centre_distance_mm:.1f} off | host % "
                f"1, 2, 3 mm (less voxels): {shares} | wall {wall}, through {through}, removed {f.bone_removed_ml:.1f} "
                f"ml | {f.worst_term}",
                flush=True,
            )


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("simulated", nargs="+", type=Path)
    parser.add_argument("--masks", choices=("truth", "own", "both"), default="both")
    chosen = parser.parse_args()
    for simulated in chosen.simulated:
        truth = json.loads((simulated / "truth.json").read_text(encoding="utf-8"))
        scan = load_scan(simulated / "ct.nii.gz")
        if chosen.masks != "own":
            names = {value: label for label, value in truth["label_values"].items() if label != UNLABELLED}
            exact = read_labels(simulated / "labels.nii.gz", names)
            report(simulated.name, "truth", measure_scan(scan, segmentation=exact), truth)
        if chosen.masks != "truth":
            report(simulated.name, "own", measure_scan(scan), truth)
    return 0


if __name__ == "__main__":
    sys.exit(main())
