"""A DICOM study opened for reading: its series, and what of it was passed over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from warnings import catch_warnings, simplefilter

import numpy as np

from coxa.errors import IrregularSlicesError, UnreadableInputError
from coxa.io.dicom.exclusion import LEFT_OUT
from coxa.io.dicom.find import find_dicom
from coxa.io.dicom.headers import ImageHeader, different_people, read_headers
from coxa.io.dicom.positions import lay_out
from coxa.io.dicom.series import Series, group_series
from coxa.io.dicom.values import DAMAGE

LEFT_MM = 20.0
"""Less body than this in another series is not worth a warning."""


@dataclass(frozen=True)
class Study:
    """The series at a path, in the order in which they are listed, and files passed over by kind."""

    series: tuple[Series, ...]
    skipped: Mapping[str, int]


@contextmanager
def open_study(path: Path | Sequence[Path]) -> Iterator[Study]:
    """Yield the study at a path; a zip stays open until the block ends.

    Raises
    ------
    UnreadableInputError
        When there is no image.
    """
    with find_dicom(path) as found:
        images: list[ImageHeader] = []
        skipped = dict(found.skipped)
        with catch_warnings():
            simplefilter("ignore")  # pydicom's own remarks on a header are not for the user
            for source in found.sources:
                try:
                    headers = read_headers(source)
                except DAMAGE:
                    skipped["damaged DICOM"] = skipped.get("damaged DICOM", 0) + 1
                    continue
                if not headers:
                    skipped["DICOM without image"] = skipped.get("DICOM without image", 0) + 1
                images += headers
        if not images:
            raise UnreadableInputError(_no_image(skipped))
        yield Study(group_series(images), skipped)


def join_continuations(chosen: Series, study: Study) -> tuple[Series, tuple[str, ...]]:
    """Join the series that continue the chosen one slice by slice, and say so.

    Only what has the same patient, study, frame of reference, image grid, kernel and kind is joined, and only where
    the steps stay regular and no position is repeated.

    Returns
    -------
    series : Series
    warnings : tuple of str
    """
    joined, numbers = chosen, [chosen.number]
    left = [series for series in study.series if series is not chosen and _is_alike(chosen, series)]
    while True:
        found = next((series for series in left if _continues(joined, series)), None)
        if found is None:
            break
        left.remove(found)
        joined = Series(
            chosen.number, (*joined.images, *found.images), chosen.excluded, chosen.forcible, chosen.last_resort
        )
        numbers.append(found.number)
    warnings = _say_unused(joined, left)
    if len(numbers) > 1:
        listed = ", ".join(str(number) for number in sorted(numbers))
        warnings = (f"series {listed} continue each other in one frame of reference and were joined", *warnings)
    return joined, warnings


def say_continuations(chosen: Series, study: Study) -> tuple[str, ...]:
    """Return the warning that other series hold more of the same body, for a series that was named."""
    return _say_unused(chosen, [series for series in study.series if _is_alike(chosen, series)])


def study_warnings(study: Study, chosen: Series) -> tuple[str, ...]:
    """Return what was passed over and what else lies there."""
    warnings = []
    damaged = sum(study.skipped.get(kind, 0) for kind in ("damaged DICOM", "unreadable"))
    if damaged:
        warnings.append(f"{damaged} damaged or unreadable file(s) were passed over")
    placeless = [s for s in study.series if s.uid == chosen.uid and s.excluded == LEFT_OUT]
    if placeless:
        count = sum(len(series.images) for series in placeless)
        warnings.append(f"{count} image(s) of the series used were passed over: {LEFT_OUT}")
    studies = len({series.images[0].study_uid for series in study.series if series.excluded is None})
    if studies > 1:
        warnings.append(f"CT series of {studies} studies lie there together: make sure that the right one was used")
    return tuple(warnings)


def _no_image(skipped: Mapping[str, int]) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(skipped.items()))
    if not skipped.get("damaged DICOM"):
        return f"the DICOM files there hold no images ({counts}): give the folder of the CT series"
    return f"the DICOM files there are damaged or hold no images ({counts}): export the series again"


def _is_alike(a: Series, b: Series) -> bool:
    if a.uid == b.uid or not b.forcible or a.last_resort != b.last_resort:
        return False
    one, other = a.images[0], b.images[0]
    same = ("frame_of_reference_uid", "study_uid", "size", "modality", "sop_class", "rescale_type")
    if not one.frame_of_reference_uid or any(getattr(one, name) != getattr(other, name) for name in same):
        return False
    if different_people([one.person, other.person]) > 1 or one.image_type[:2] != other.image_type[:2]:
        return False
    if one.fact("kernel") != other.fact("kernel") or not np.allclose(a.spacing_mm(), b.spacing_mm(), atol=1e-3):
        return False
    return bool(np.allclose(a.axes(), b.axes(), atol=1e-3))


def _continues(a: Series, b: Series) -> bool:
    """Tell whether two series together are one regular stack, each of them at one end of it."""
    both = Series(0, (*a.images, *b.images), None, True)
    first, second = a.depths_mm(), b.depths_along(a.axes()[2])
    if first.max() > second.min() and second.max() > first.min():
        return False
    try:
        layout = lay_out(both)
    except IrregularSlicesError:
        return False
    return not layout.gaps and not layout.repeats


def _say_unused(chosen: Series, others: Sequence[Series]) -> tuple[str, ...]:
    depths = chosen.depths_mm()
    warnings = []
    for series in others:
        reach = series.depths_along(chosen.axes()[2])
        more = max(float(depths.min() - reach.min()), 0.0) + max(float(reach.max() - depths.max()), 0.0)
        if more > LEFT_MM:
            warnings.append(
                f"series {series.number} shows {more:.0f} mm of the same body beyond the one used, and was not used"
            )
    return tuple(warnings)
