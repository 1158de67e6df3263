"""Measure the bone loss of simulated revisions, with exact masks and with Coxa's own, against the truth.

    python benchmarks/defects.py SIMULATED... [--masks truth|own|both]

Each SIMULATED folder holds ``ct.nii.gz``, ``labels.nii.gz`` and ``truth.json`` as ``simct`` writes them. One line a
hip that has lost bone: true and measured loss, what of it is seen, what metal hides, sectors, classes, seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from coxa.anatomy import Side
from coxa.io import load_scan
from coxa.io.images.label_files import read_labels
from coxa.labels import Segmentation
from coxa.pipeline import MeasuredScan, measure_scan
from coxa.planning import PlanSettings
from coxa.planning.defect.bone_stock import assess_defect
from coxa.planning.defect.native_hemipelvis import native_hemipelvis

LEAST_LOSS_ML = 5.0
"""The bed of a cup put in well is no defect."""
UNLABELLED = "cement_liner"
HEADING = "scan, masks, side: true ml | lost ml ± (error) = seen + share of hidden | sectors | new | classes | s"


def truth_masks(simulated: Path, truth: dict[str, Any]) -> Segmentation:
    """Return the exact labels."""
    names = {value: name for name, value in truth["label_values"].items() if name != UNLABELLED}
    return read_labels(simulated / "labels.nii.gz", names)


def report(name: str, masks: str, measured: MeasuredScan, truth: dict[str, Any]) -> None:
    """Print one line for each hip that has lost bone."""
    settings = PlanSettings()
    for side in Side:
        true_ml = truth["sides"][side]["bone"]["lost_bone_volume_ml"]
        if true_ml < LEAST_LOSS_ML:
            continue
        case = measured.case
        centre = case.landmarks.points[f"HRC_NATIVE_{side.suffix}"].point
        began = time.perf_counter()
        native = native_hemipelvis(measured.surfaces, case.landmarks, side)
        rebuilt = time.perf_counter() - began
        found, stock = assess_defect(
            case, measured.surfaces, measured.segmentation, native, centre, side, settings.defect
        )
        seconds = time.perf_counter() - began
        if found is None:
            print(f"{name}, {masks}, {side}: true {true_ml:.1f} | {stock.reason}", flush=True)
            continue
        sectors = ", ".join(f"{key} {ml:.1f}" for key, ml in found.lost_by_sector_ml.items())
        classes = ", ".join(f"{c.scheme} {c.threshold_mm or ''} {c.name}".replace("  ", " ") for c in stock.classes)
        signs = ", ".join(f"{s.metric} {s.value if s.value is None else round(s.value, 2)}" for s in stock.signs)
        print(
            f"{name}, {masks}, {side}: {true_ml:.1f} | {found.lost_ml:.1f} ± {found.uncertainty_ml:.1f} "
            f"({100 * (found.lost_ml / true_ml - 1):+.1f} %) = {found.seen_lost_ml:.1f} + of {found.unknown_ml:.1f} | "
            f"{sectors} | {found.new_ml:.1f} | {classes} | {rebuilt:.1f} + {seconds - rebuilt:.1f} s\n    {signs}",
            flush=True,
        )


def main() -> int:
    """Measure the scans named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("simulated", nargs="+", type=Path)
    parser.add_argument("--masks", choices=("truth", "own", "both"), default="both")
    arguments = parser.parse_args()
    print(HEADING)
    for simulated in arguments.simulated:
        truth = json.loads((simulated / "truth.json").read_text(encoding="utf-8"))
        scan = load_scan(simulated / "ct.nii.gz")
        for masks in ("truth", "own"):
            if arguments.masks in (masks, "both"):
                exact = truth_masks(simulated, truth) if masks == "truth" else None
                report(simulated.name, masks, measure_scan(scan, segmentation=exact), truth)
    return 0


if __name__ == "__main__":
    sys.exit(main())
