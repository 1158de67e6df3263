"""Which series to use: a score whose parts are documented, and its reason in words.

Scouts, reformats, captures and whatever is not CT in HU are out before (:mod:`coxa.io.dicom.series`). Of the others the
one with most points wins: up to 40 for length over the pelvis, 30 for thin slices, 20 for a regular stack, 12 for a
soft kernel, 10 for axial slices, 8 for primary images; of equals the one listed first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coxa.errors import (
    DecoderError,
    InputRefusedError,
    IrregularSlicesError,
    NotCTError,
    UnreadableInputError,
    UnsupportedTransferSyntaxError,
    UsageError,
)
from coxa.io.dicom.headers import different_people
from coxa.io.dicom.pixels import decode_hu
from coxa.io.dicom.positions import describe_gaps, lay_out
from coxa.io.dicom.series import Series, orientation_word
from coxa.io.field_of_view import SAMPLE_MM, look_at_slice

PELVIS_POINTS = 40.0
"""Points for the length of axial slices that show much and wide bone and no lung, against the candidate with most."""
THIN_POINTS, THIN_MM, THICK_MM = 30.0, 1.25, 5.0
"""Points for thin slices: full up to 1.25 mm, none from 5 mm on, linear between."""
KERNEL_POINTS = {"soft": 12.0, "unknown": 8.0, "sharp": 2.0}
"""Points for the reconstruction kernel: sharp kernels carry noise and overshoot at cortices and metal."""
AXIAL_POINTS = 10.0
"""For slices as they were scanned, not reformatted [E]."""
PRIMARY_POINTS = 8.0
"""For original images rather than derived ones [E]."""
REGULAR_POINTS = 20.0
"""Points for a complete, regular stack."""
LOOKS = 16
"""Slices looked at in each candidate."""


@dataclass(frozen=True)
class Rating:
    """The score of one candidate with what it rests on."""

    series: Series
    score: float
    pelvis_mm: float | None
    pitch_mm: float
    kernel: str
    problem: str | None

    @property
    def words(self) -> str:
        """The merits in words."""
        pelvis = "" if self.pelvis_mm is None else f"about {self.pelvis_mm:.0f} mm over the pelvis, "
        kind = orientation_word(self.series)
        return (
            f"{kind}, {pelvis}{len(self.series.images)} slices {self.pitch_mm:.2f} mm apart, {self.kernel} kernel, "
            f"{self.score:.0f} points"
        )


def choose_series(all_series: Sequence[Series], wanted: str | None) -> tuple[Series, str, dict[int, Rating]]:
    """Choose the series to use.

    Parameters
    ----------
    all_series : sequence of Series
    wanted : str or None
        List number, SeriesInstanceUID, or the beginning of one that fits a single series.

    Returns
    -------
    chosen : Series
    reason : str
    ratings : dict
        By series number, of all candidates.

    Raises
    ------
    NotCTError
        When no series is a CT volume, or the wanted one is none.
    UsageError
        When ``wanted`` fits no series, or several.
    InputRefusedError
        When nothing is wanted and there are several patients.
    """
    candidates = _candidates(all_series, wanted)
    lengths = {series.number: _pelvis_mm(series) if len(candidates) > 1 else None for series in candidates}
    longest = max((length or 0.0 for length in lengths.values()), default=0.0)
    ratings = {series.number: _rate(series, lengths[series.number], longest) for series in candidates}
    best = max(ratings.values(), key=lambda rating: (round(rating.score, 3), -rating.series.number))
    if wanted is not None and len(candidates) == 1:
        reason = f"named with --series: {best.words}"
    elif len(candidates) == 1:
        reason = f"the only CT volume there: {best.words}"
    else:
        others = [r for r in ratings.values() if r is not best]
        runner_up = max(others, key=lambda rating: rating.score)
        reason = f"best of {len(candidates)}: {best.words}; next is series {runner_up.series.number}: {runner_up.words}"
    return best.series, reason, ratings


def _candidates(all_series: Sequence[Series], wanted: str | None) -> list[Series]:
    if wanted is None:
        usable = [series for series in all_series if series.excluded is None] or _last_resorts(all_series)
        if not usable:
            listed = "; ".join(f"series {s.number}: {s.excluded}" for s in all_series[:8])
            forcible = any(series.forcible for series in all_series)
            advice = ", or name one of these with --series" if forcible else ""
            raise NotCTError(f"no series there is a plain CT volume ({listed}): give the axial CT series{advice}")
        patients = different_people(series.images[0].person for series in usable)
        if patients > 1:
            raise InputRefusedError(
                f"CT series of {patients} patients lie there together: give one patient's folder, or name the series "
                "with --series (coxa inspect lists them)"
            )
        return usable
    named = _named(all_series, wanted)
    impossible = [series for series in named if not series.forcible]
    if len(impossible) == len(named):
        raise NotCTError(f"the series named is {named[0].excluded}: name a CT series (coxa inspect lists them)")
    return [series for series in named if series.forcible and (series.excluded is None or len(named) == 1)] or [
        series for series in named if series.forcible
    ]


def _last_resorts(all_series: Sequence[Series]) -> list[Series]:
    """Return the plane reformats whose slices are regular and unsheared; axial ones when there are any."""
    whole = [series for series in all_series if series.last_resort and _is_whole(series)]
    return [series for series in whole if orientation_word(series) == "axial"] or whole


def _is_whole(series: Series) -> bool:
    try:
        layout = lay_out(series)
    except IrregularSlicesError:
        return False
    return not layout.gaps and not layout.sheared and not layout.drift_mm.any()


def _named(all_series: Sequence[Series], wanted: str) -> list[Series]:
    """Return the stacks of the series that ``wanted`` names: one by its number, all of one UID."""
    if wanted.isdigit() and 1 <= int(wanted) <= len(all_series):
        return [all_series[int(wanted) - 1]]
    exact = [series for series in all_series if series.uid == wanted]
    named = exact or [series for series in all_series if series.uid.startswith(wanted)]
    if not named or not wanted:
        raise UsageError(f"--series fits none of the {len(all_series)} series there: take a number from coxa inspect")
    if len({series.uid for series in named}) > 1:
        numbers = ", ".join(str(series.number) for series in named)
        raise UsageError(f"--series fits several series (numbers {numbers}): take a number from coxa inspect")
    return named


def _rate(series: Series, pelvis_mm: float | None, longest_mm: float) -> Rating:
    problem = None
    try:
        layout = lay_out(series)
        pitch = layout.pitch_mm
        problem = f"irregular slices: {describe_gaps(layout)}" if layout.gaps else None
    except IrregularSlicesError as error:
        depths = np.sort(series.depths_mm())
        pitch, problem = float(np.ptp(depths)) / max(len(depths) - 1, 1), str(error)
    kernel = kernel_kind(series.images[0].fact("kernel"), series.images[0].fact("manufacturer"))
    score = PELVIS_POINTS * (pelvis_mm or 0.0) / max(longest_mm, 1.0)
    score += THIN_POINTS * float(np.clip((THICK_MM - pitch) / (THICK_MM - THIN_MM), 0.0, 1.0))
    score += KERNEL_POINTS[kernel] + (REGULAR_POINTS if problem is None else 0.0)
    score += AXIAL_POINTS if orientation_word(series) == "axial" else 0.0
    score += PRIMARY_POINTS if series.images[0].image_type[:2] == ("ORIGINAL", "PRIMARY") else 0.0
    return Rating(series, score, pelvis_mm, pitch, kernel, problem)


def _pelvis_mm(series: Series) -> float | None:
    """Estimate the length over the pelvis from a few slices; None when they cannot be decoded, 0 unless axial."""
    if orientation_word(series) != "axial":
        return 0.0
    order = np.argsort(series.depths_mm())
    chosen = order[np.linspace(0, len(order) - 1, min(LOOKS, len(order))).round().astype(int)]
    spacing = series.spacing_mm()
    step_i, step_j = (max(1, round(SAMPLE_MM / s)) for s in spacing)
    # Rows of an axial image run along left-right unless the patient lies on the side.
    turned = abs(series.axes()[0][0]) < abs(series.axes()[1][0])
    hits = 0
    for n in chosen:
        try:
            plane = decode_hu(series.images[n])[::step_j, ::step_i]
        except (UnsupportedTransferSyntaxError, UnreadableInputError, DecoderError):
            return None
        pitch = (spacing[0] * step_i, spacing[1] * step_j)
        hits += look_at_slice(plane.T if turned else plane, pitch[::-1] if turned else pitch).like_pelvis
    return hits / len(chosen) * float(np.ptp(series.depths_mm()))


def kernel_kind(kernel: str, manufacturer: str = "") -> str:
    """Return ``soft``, ``sharp`` or ``unknown`` for a reconstruction kernel's name [E].

    Siemens numbers (B30f, Br40, I70h) are sharp from 55 on; Canon/Toshiba FC30-39, 50-59, 80-89 are bone and lung;
    GE and Philips have names.
    """
    name = kernel.upper().strip()
    if not name:
        return "unknown"
    if re.search(r"BONE|LUNG|EDGE|SHARP|DETAIL|YA|YB|YC|YD|YE|ULTRA", name):
        return "sharp"
    if re.search(r"SOFT|STANDARD|STND|SMOOTH|BODY", name) or name in {"A", "B", "C", "UA", "UB", "UC"}:
        return "soft"
    canon = re.match(r"FC(\d+)", name)
    if canon:
        return "sharp" if int(canon[1]) // 10 in (3, 5, 8) else "soft"
    siemens = re.match(r"[A-Z]{1,2}(\d{2})", name)
    if siemens:
        return "sharp" if int(siemens[1]) >= 55 else "soft"
    return "sharp" if "PHILIPS" in manufacturer.upper() and name in {"D", "E", "L", "Y"} else "unknown"
