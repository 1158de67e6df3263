"""Accuracy on simulated scans whose truth is exact, from a clone of the repository alone.

    python benchmarks/phantom_accuracy.py [--subjects small medium large] [--scenarios native tha_right ...]
                                          [--spacing 1.5 1.5 1.5] [--thick 1.0 1.0 3.0] [--processes 2] [--json FILE]

Every subject (a set of bone shapes) is simulated in every scenario by ``coxa.phantom``, and once more, native, in thick
slices; each scan is segmented and measured as ``coxa measure`` does, and compared with what the phantom was built from.
A cell of the table holds mean / worst twentieth (5th percentile of Dice, 95th of errors) / worst (number); the last
column says how often the truth lay inside the stated 90 % interval.

Bone closer than 5 mm to metal or liner is not judged: blooming hides it, and Coxa labels it ``unknown``. The surface
error is the mean distance, both ways, between the outermost voxels of mask and truth. A stated interval holds when the
truth lies within the uncertainty that stands beside the number.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from scipy import ndimage as ndi

from coxa.anatomy import SIDES
from coxa.io.scan import Scan
from coxa.io.scan_hash import scan_sha256
from coxa.labels import Segmentation
from coxa.phantom import SCENARIOS, HemipelvisShape, HipSide, PhantomParameters, PhantomScan, simulate
from coxa.pipeline import MeasuredScan, measure_scan

BONES = ("hip_left", "hip_right", "sacrum", "femur_left", "femur_right")
NOT_JUDGED_MM = 5.0
"""Bone this close to metal or liner is left out; the distance that Coxa's scoring outside the repository uses too."""

SUBJECTS = {
    "medium": (SCENARIOS["native"].left.shape, SCENARIOS["native"].right.shape),
    "small": (
        HemipelvisShape(
            size=0.96,
            head_diameter_mm=43.0,
            joint_space_mm=2.6,
            neck_shaft_angle_deg=131.0,
            anteversion_deg=17.0,
            external_rotation_deg=12.0,
            femoral_offset_mm=38.0,
        ),
        HemipelvisShape(
            size=0.955,
            head_diameter_mm=42.5,
            joint_space_mm=2.6,
            centre_shift_mm=(-0.5, 0.5, 0.5),
            neck_shaft_angle_deg=130.0,
            anteversion_deg=14.0,
            femoral_offset_mm=38.5,
        ),
    ),
    "large": (
        HemipelvisShape(
            size=1.04,
            head_diameter_mm=51.0,
            joint_space_mm=3.4,
            centre_shift_mm=(0.5, -0.5, -0.5),
            neck_shaft_angle_deg=124.0,
            anteversion_deg=9.0,
            external_rotation_deg=3.0,
            femoral_offset_mm=48.0,
        ),
        HemipelvisShape(
            size=1.045,
            head_diameter_mm=51.5,
            joint_space_mm=3.2,
            wing_flare_mm=1.5,
            neck_shaft_angle_deg=125.0,
            anteversion_deg=11.0,
            femoral_offset_mm=47.0,
        ),
    ),
}
"""Left and right shape of three invented adults: the phantom's defaults, a smaller and a larger one."""

GROUPS = {
    "native": "native",
    "native_oblique": "native",
    "osteoporotic": "native",
    "tha_right": "one prosthesis",
    "revision_left": "one prosthesis",
}
"""The column of each scenario; a scan with a prosthesis has a native hip on its other side."""
DEFAULT_SCENARIOS = ("native", "osteoporotic", "tha_right", "revision_left")
THICK = "native, thick slices"

LANDMARKS = {
    "ASIS": "asis",
    "PT": "pubic_tubercle",
    "PSIS": "psis",
    "IS": "ischial_spine",
    "IT": "ischial_tuberosity",
    "TD": "teardrop",
}
CUP_ANGLES = {
    "cup_inclination_radiographic": "radiographic_inclination_deg",
    "cup_anteversion_radiographic": "radiographic_anteversion_deg",
}


@dataclass(frozen=True)
class Figure:
    """One comparison: its group and name in the table, the error (or Dice), and whether the stated interval held."""

    group: str
    name: str
    value: float | None
    held: bool | None = None


def wanted(subject: str, scenario: str, spacing_mm: Sequence[float]) -> PhantomParameters:
    """Return a scenario's parameters with the subject's bone shapes and the spacing."""
    base = SCENARIOS[scenario]
    left, right = SUBJECTS[subject]
    scanner = replace(base.scanner, spacing_mm=(float(spacing_mm[0]), float(spacing_mm[1]), float(spacing_mm[2])))
    return replace(
        base,
        left=HipSide(left, base.left.implant, base.left.lesions),
        right=HipSide(right, base.right.implant, base.right.lesions),
        scanner=scanner,
        seed=base.seed + 100 * list(SUBJECTS).index(subject),
    )


def compared(job: tuple[str, PhantomParameters]) -> list[Figure]:
    """Simulate, measure and compare one scan."""
    group, parameters = job
    phantom = simulate(parameters)
    measured = measure_scan(Scan(phantom.volume, scan_sha256(phantom.volume), "nifti"))
    return [
        *mask_figures(group, phantom.segmentation, measured.segmentation),
        *number_figures(group, phantom, measured),
    ]


def mask_figures(group: str, truth: Segmentation, found: Segmentation) -> Iterator[Figure]:
    """Yield Dice and mean surface distance of every bone, outside the metal's surroundings."""
    step = truth.grid.spacing_mm[::-1]
    hard = truth.mask("metal") | truth.mask("liner")
    judged = ndi.distance_transform_edt(~hard, sampling=step) > NOT_JUDGED_MM if hard.any() else ~hard
    for bone in BONES:
        true, mine = truth.mask(bone), found.mask(bone)
        box = ndi.find_objects((true | mine).astype(np.uint8))[0]
        box = tuple(slice(max(s.start - 3, 0), s.stop + 3) for s in box)
        true, mine, keep = true[box], mine[box], judged[box]
        kind = bone.split("_", maxsplit=1)[0]
        size = (true & keep).sum() + (mine & keep).sum()
        yield Figure(group, f"Dice, {kind}", float(2 * (true & mine & keep).sum() / size))
        yield Figure(group, f"surface error, {kind}, mm", surface_distance(true, mine, keep, step))


def surface_distance(true: np.ndarray, mine: np.ndarray, keep: np.ndarray, step: tuple[float, ...]) -> float | None:
    """Return the mean distance, both ways, between the outermost voxels of two masks; None where one is empty."""
    edges = [mask & ~ndi.binary_erosion(mask, border_value=1) for mask in (true, mine)]
    if not all(edge.any() for edge in edges):
        return None
    gaps = [ndi.distance_transform_edt(~edge, sampling=step) for edge in edges]
    return float(np.concatenate([gaps[1][edges[0] & keep], gaps[0][edges[1] & keep]]).mean())


def number_figures(group: str, phantom: PhantomScan, measured: MeasuredScan) -> Iterator[Figure]:
    """Yield the errors of landmarks, rotation centres, heights, diameters and cup angles."""
    truth, case = phantom.truth, measured.case
    points = case.landmarks.points

    def point(name: str, label: str, true: Sequence[float]) -> Figure:
        found = points[name]
        if found.position_lps_mm is None or found.uncertainty_mm is None:
            return Figure(group, label, None)
        error = float(np.linalg.norm(found.position_lps_mm - np.asarray(true)))
        return Figure(group, label, error, error <= found.uncertainty_mm)

    def number(metric: str, side: str, frame: str | None, label: str, true: float) -> Figure:
        found = case.find(metric, side, frame)
        if found is None or found.value is None or found.uncertainty is None:
            return Figure(group, label, None)
        error = abs(found.value - true)
        return Figure(group, label, error, error <= found.uncertainty)

    for side in SIDES:
        marks, hip = truth["landmarks_lps_mm"], truth["sides"][side.value]
        for stem, long_name in LANDMARKS.items():
            yield point(f"{stem}_{side.suffix}", f"{long_name.replace('_', ' ')}, mm", marks[f"{long_name}_{side}"])
        for stem, key in (("HRC", "current_rotation_centre"), ("HRC_NATIVE", "native_rotation_centre")):
            label = "rotation centre today, mm" if stem == "HRC" else "native rotation centre, mm"
            yield point(f"{stem}_{side.suffix}", label, hip[key]["centre_lps_mm"])
        for name in ("rotation_centre_height", "rotation_centre_horizontal"):
            label = name.replace("_", " ") + ", mm"
            yield number(name, side.value, "app", label, hip["measurements"][f"{name}_mm"])
        yield number("head_diameter", side.value, None, "head diameter, mm", hip["head_diameter_mm"])
        for metric, key in CUP_ANGLES.items() if hip["cup"] else ():
            label = metric.replace("_", " ") + ", deg"
            yield number(metric, side.value, "app", label, hip["cup"]["app"][key])


def table(figures: Sequence[Figure]) -> list[dict[str, object]]:
    """Return a row for every figure in every group: mean, worst twentieth, worst, counts, intervals that held."""
    rows = []
    for group, name in dict.fromkeys((f.group, f.name) for f in figures):
        same = [f for f in figures if (f.group, f.name) == (group, name)]
        values = np.array([f.value for f in same if f.value is not None])
        held = [f.held for f in same if f.held is not None]
        share = name.startswith("Dice")
        row: dict[str, object] = {"scans": group, "figure": name}
        row |= {"count": len(values), "refused": len(same) - len(values), "held": sum(held), "stated": len(held)}
        if len(values):
            row["mean"] = float(values.mean())
            row["worst_twentieth"] = float(np.percentile(values, 5 if share else 95))
            row["worst"] = float(values.min() if share else values.max())
        rows.append(row)
    return rows


def as_markdown(rows: Sequence[dict[str, object]]) -> str:
    """Return the rows as one Markdown table: a line a figure, a column for every group of scans."""
    groups = list(dict.fromkeys(row["scans"] for row in rows))
    lines = ["| | " + " | ".join(map(str, groups)) + " | in the stated 90 % |", "|---" * (len(groups) + 2) + "|"]
    for name in dict.fromkeys(row["figure"] for row in rows):
        of_name = {row["scans"]: row for row in rows if row["figure"] == name}
        held, stated = (sum(int(str(row[key])) for row in of_name.values()) for key in ("held", "stated"))
        cells = [cell(of_name[group]) if group in of_name else "" for group in groups]
        lines.append("| " + " | ".join([str(name), *cells, f"{held} of {stated}" if stated else ""]) + " |")
    return "\n".join(lines)


def cell(row: dict[str, object]) -> str:
    """Return one cell: mean / worst twentieth / worst (count)."""
    refused = f", {row['refused']} refused" if row["refused"] else ""
    if "mean" not in row:
        return f"({row['count']}{refused})"
    digits = 3 if str(row["figure"]).startswith("Dice") else 2
    numbers = " / ".join(f"{row[key]:.{digits}f}" for key in ("mean", "worst_twentieth", "worst"))
    return f"{numbers} ({row['count']}{refused})"


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subjects", nargs="+", choices=SUBJECTS, default=list(SUBJECTS))
    parser.add_argument("--scenarios", nargs="+", choices=GROUPS, default=list(DEFAULT_SCENARIOS))
    parser.add_argument("--spacing", nargs=3, type=float, default=(1.5, 1.5, 1.5), metavar="MM")
    parser.add_argument("--thick", nargs=3, type=float, default=(1.5, 1.5, 3.0), metavar="MM")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the table's rows there too")
    return parser.parse_args()


def main() -> int:
    """Simulate, measure, print the table."""
    asked = arguments()
    jobs = [
        (GROUPS[scenario], wanted(who, scenario, asked.spacing))
        for scenario in asked.scenarios
        for who in asked.subjects
    ]
    jobs += [(THICK, wanted(who, "native", asked.thick)) for who in asked.subjects]
    figures: list[Figure] = []
    with ProcessPoolExecutor(asked.processes, mp_context=get_context("spawn")) as pool:
        for (group, _), found in zip(jobs, pool.map(compared, jobs), strict=True):
            figures += found
            print(f"measured: {group}", file=sys.stderr, flush=True)
    rows = table(figures)
    print(as_markdown(rows))
    held = [f.held for f in figures if f.held is not None]
    print(f"\n{len(jobs)} scans; the stated 90 % interval held the truth {sum(held)} times of {len(held)}.")
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
