"""Measure a simulated scan again with the patient turned, and say what changes.

    python benchmarks/turned.py SIMULATED -o OUT [--degrees 10]

SIMULATED holds ``ct.nii.gz`` and ``labels.nii.gz`` as ``simct`` writes them. The scan is resampled with the patient
turned about each axis, one after the other; each copy is measured, its masks are compared with the turned truth, and
its heights and horizontals with those of the scan as it was.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import SimpleITK as sitk

BONES = {1: "hip_left", 2: "hip_right", 3: "sacrum", 4: "femur_left", 5: "femur_right"}
METRICS = ("rotation_centre_height", "rotation_centre_horizontal")
AIR_HU = -1000.0


def turned(image: sitk.Image, axis: int, degrees: float, interpolator: int, outside: float) -> sitk.Image:
    """Return the image with its content turned about a world axis through its middle, on the same grid."""
    middle = image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()])
    transform = sitk.Euler3DTransform(middle, *(np.radians(degrees) * (np.arange(3) == axis)))
    return sitk.Resample(image, image, transform, interpolator, outside, image.GetPixelID())


def measure(ct: Path, out: Path) -> int:
    """Run ``coxa measure``; return its exit code."""
    command = [sys.executable, "-m", "coxa", "measure", str(ct), "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode not in (0, 1):
        print(done.stderr, file=sys.stderr)
    return done.returncode


def heights(out: Path) -> dict[tuple[str, str], float]:
    """Return height and horizontal of each side in the APP frame, as far as they were measured."""
    rows = json.loads((out / "measurements.json").read_text(encoding="utf-8"))["measurements"]
    return {
        (row["metric"], row["side"]): row["value"]
        for row in rows
        if row["metric"] in METRICS and row["frame"] == "app" and row["value"] is not None
    }


def dice(truth: Path, out: Path) -> dict[str, float]:
    """Return the overlap of each bone."""
    true = sitk.GetArrayFromImage(sitk.ReadImage(str(truth)))
    found = sitk.GetArrayFromImage(sitk.ReadImage(str(out / "segmentation.nii.gz")))
    both = {name: (true == value, found == value) for value, name in BONES.items()}
    return {name: 2 * float((a & b).sum()) / float(a.sum() + b.sum()) for name, (a, b) in both.items() if a.any()}


def main() -> int:
    """Turn, measure and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("simulated", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--degrees", type=float, default=10.0)
    arguments = parser.parse_args()
    ct, labels = (sitk.ReadImage(str(arguments.simulated / f"{name}.nii.gz")) for name in ("ct", "labels"))
    straight = arguments.out / "straight"
    if measure(arguments.simulated / "ct.nii.gz", straight) not in (0, 1):
        return 1
    before, changes = heights(straight), []
    for axis, sign in product(range(3), (1, -1)):
        degrees = sign * arguments.degrees
        folder = arguments.out / f"{'xyz'[axis]}{degrees:+.0f}"
        folder.mkdir(parents=True, exist_ok=True)
        sitk.WriteImage(turned(ct, axis, degrees, sitk.sitkLinear, AIR_HU), str(folder / "ct.nii.gz"))
        sitk.WriteImage(turned(labels, axis, degrees, sitk.sitkNearestNeighbor, 0), str(folder / "labels.nii.gz"))
        if measure(folder / "ct.nii.gz", folder / "measured") not in (0, 1):
            continue
        after = heights(folder / "measured")
        change = {key: after[key] - value for key, value in before.items() if key in after}
        changes += [abs(value) for value in change.values()]
        shown = "  ".join(f"{metric[16:]} {side} {value:+.2f}" for (metric, side), value in change.items())
        overlap = "  ".join(f"{n} {v:.3f}" for n, v in dice(folder / "labels.nii.gz", folder / "measured").items())
        print(f"{folder.name}: Dice {overlap}\n    change in mm: {shown}", flush=True)
    print(f"change of height and horizontal: mean {np.mean(changes):.2f} mm, worst {np.max(changes):.2f} mm")
    return 0


if __name__ == "__main__":
    sys.exit(main())
