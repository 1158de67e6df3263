"""Make the synthetic study table: 38 invented patients whose printed statistics are those of the founding study.

What the study prints (means, SDs, paired P values and the correlations they imply) is met to the last printed digit.
What it does not print is invented and marked so below: the control group before surgery, its horizontal position,
transfusions, cup angles, correlations of Harris and VAS, sides. No patient's value is known or used.

Run from the repository's root: python sample_ct/study/make_patients.py
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

N = 19
SEED = 21
"""Of several, one with which the height differs between the groups at the printed P too (.045)."""
DIGITS = 2


@dataclass(frozen=True)
class Column:
    """One column of one group: what is printed of it, and on which grid values lie."""

    mean: float
    sd: float
    step: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Pair:
    """Before and after of one outcome in one group, with the correlation and how near to it is near enough."""

    before: Column
    after: Column
    correlation: float
    tolerance: float = 0.00049


PRINTED = {
    "3D": {
        "harris": Pair(Column(41.89, 8.93, 1, 10, 65), Column(82.11, 5.69, 1, 60, 98), 0.4, 0.05),
        "vas": Pair(Column(5.63, 1.30, 1, 2, 9), Column(1.21, 0.92, 1, 0, 4), 0.3, 0.05),
        "rotation_centre_height_mm": Pair(Column(34.45, 12.13, 0.1, 8, 75), Column(26.92, 4.29, 0.1, 12, 45), 0.918),
        "rotation_centre_horizontal_mm": Pair(
            Column(39.87, 8.59, 0.1, 15, 65), Column(35.74, 5.83, 0.1, 18, 55), 0.661
        ),
        "operation_time_min": Column(139.47, 44.16, 10, 60, 300),
        "blood_loss_ml": Column(542.11, 234.08, 50, 150, 1500),
        "abduction_angle_deg": Column(42.32, 4.55, 0.1, 25, 60),
    },
    "control": {
        "harris": Pair(Column(42.37, 8.21, 1, 10, 65), Column(75.89, 7.30, 1, 50, 95), 0.3, 0.05),
        "vas": Pair(Column(5.53, 1.22, 1, 2, 9), Column(2.26, 0.73, 1, 0, 5), 0.2, 0.05),
        "rotation_centre_height_mm": Pair(Column(34.02, 10.87, 0.1, 8, 75), Column(30.13, 5.17, 0.1, 12, 50), 0.702),
        "rotation_centre_horizontal_mm": Pair(
            Column(39.21, 8.11, 0.1, 15, 65), Column(37.48, 6.32, 0.1, 18, 60), 0.640
        ),
        "operation_time_min": Column(167.37, 40.12, 10, 60, 300),
        "blood_loss_ml": Column(831.58, 264.69, 50, 150, 1800),
        "abduction_angle_deg": Column(43.58, 6.21, 0.1, 25, 60),
    },
}
"""Printed by the study: of ``3D`` all but correlations of Harris and VAS and the angle; of ``control`` the means and
SDs after surgery of Harris, VAS and height, operation time and blood loss. The rest is invented."""

TRANSFUSED = {"3D": 7, "control": 13}
"""Invented."""

Values = NDArray[np.float64]


def misfit(values: Values, column: Column) -> float:
    """How far mean and SD are from rounding to what is printed; 0 when they do."""
    half = 0.5 * 10.0**-DIGITS * 0.98
    found = values.mean() * column.step, values.std(ddof=1) * column.step
    return sum(max(0.0, abs(f - wanted) - half) for f, wanted in zip(found, (column.mean, column.sd), strict=True))


def start(column: Column, shape: Values) -> Values:
    """Return a normal-looking sample near the target, in steps of the grid."""
    scaled = (shape - shape.mean()) / shape.std(ddof=1) * column.sd + column.mean
    return np.clip(np.round(scaled / column.step), column.lowest / column.step, column.highest / column.step)


def improve(parts: list[tuple[Values, Column]], target: Pair | None, rng: np.random.Generator) -> None:
    """Move values by single steps until mean, SD and correlation round to what is wanted (simulated annealing)."""

    def cost() -> float:
        total = sum(misfit(values, column) for values, column in parts)
        if target is not None:
            r = np.corrcoef(parts[0][0], parts[1][0])[0, 1]
            total += 20.0 * max(0.0, abs(r - target.correlation) - target.tolerance)
        return float(total)

    best, heat = cost(), 1.0
    while best > 0:
        values, column = parts[rng.integers(len(parts))]
        i, j = rng.choice(N, 2, replace=False)
        kept = values.copy()
        values[i] += rng.choice((-1, 1))
        if rng.random() < 0.7:
            values[j] += rng.choice((-1, 1))
        inside = values.min() * column.step >= column.lowest and values.max() * column.step <= column.highest
        now = cost() if inside else np.inf
        if now <= best or rng.random() < np.exp((best - now) / (0.02 * heat)):
            best = now
        else:
            values[:] = kept
        heat = max(0.02, heat * 0.9999)


def make(group: str, rng: np.random.Generator) -> dict[str, Values]:
    """Return the columns of one group by name."""
    found: dict[str, Values] = {}
    for name, target in PRINTED[group].items():
        common, own = rng.standard_normal((2, N))
        if isinstance(target, Pair):
            r = target.correlation
            before, after = start(target.before, common), start(target.after, r * common + np.sqrt(1 - r * r) * own)
            improve([(before, target.before), (after, target.after)], target, rng)
            found[f"{name}_before"], found[f"{name}_after"] = before * target.before.step, after * target.after.step
        else:
            values = start(target, common)
            improve([(values, target)], None, rng)
            found[name] = values * target.step
    transfused = np.zeros(N)
    transfused[np.argsort(-found["blood_loss_ml"])[: TRANSFUSED[group]]] = 1
    return found | {"transfusion": transfused}


def main() -> None:
    """Write ``patients.csv`` beside this file."""
    rng = np.random.default_rng(SEED)
    groups = {group: make(group, rng) for group in PRINTED}
    path = Path(__file__).with_name("patients.csv")
    names = list(groups["3D"])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["patient", "group", "side", *names])
        for number in range(2 * N):
            group = "3D" if number < N else "control"
            side = rng.choice(["left", "right"])
            row = [f"{groups[group][name][number % N]:.1f}".removesuffix(".0") for name in names]
            writer.writerow([f"synthetic-{number + 1:02d}", group, side, *row])


if __name__ == "__main__":
    main()
