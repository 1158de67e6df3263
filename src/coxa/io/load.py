"""The door: a path goes in, a scan in LPS mm and HU comes out, or one clear refusal."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from coxa.errors import CoxaError, InputRefusedError, UsageError
from coxa.geometry.grid import Grid
from coxa.io.dicom.assemble import assemble
from coxa.io.dicom.choose import Rating, choose_series
from coxa.io.dicom.series import Series, orientation_word
from coxa.io.dicom.study import Study, join_continuations, open_study, say_continuations, study_warnings
from coxa.io.field_of_view import require_pelvis
from coxa.io.hounsfield import as_hounsfield, clamp_warnings, require_hounsfield, sample_of
from coxa.io.images.image_files import FORMATS, image_suffix, read_image
from coxa.io.inspection import Inspection, SeriesSummary
from coxa.io.scan import Scan
from coxa.io.scan_hash import scan_sha256
from coxa.volume import Volume

ADVISED_SLICE_MM = 1.25
"""Slice spacing advised for planning [E]."""
WARN_SLICE_MM = 1.5
"""Wider spacing is warned of [E]."""
STRONG_WARN_SLICE_MM = 3.0
"""Beyond this, landmarks can be millimetres off: not for planning [E]."""
LARGEST_OFFSET_HU = 40_000.0
"""No storage of 16 bits needs a larger offset."""


def load_scan(
    path: str | Path | Sequence[Path], *, series: str | None = None, allow_gaps: bool = False, hu_offset: float = 0.0
) -> Scan:
    """Load a CT: a DICOM folder (any nesting), a zip of one, or one NIfTI, NRRD, MHA or MHD file.

    Parameters
    ----------
    path : str or Path, or sequence of Path
        A sequence names the DICOM files of one study, wherever they lie.
    series : str, optional
        Which DICOM series: its number in ``inspect_scan``'s list, its UID, or the unambiguous beginning of the UID.
    allow_gaps : bool
        Interpolate over missing slices (up to 20 mm), recorded in the warnings, instead of refusing.
    hu_offset : float
        Added to every voxel, recorded in the warnings: -1024 for scans stored as Hounsfield units plus 1024.

    Returns
    -------
    Scan
        Without the patient's identity.

    Raises
    ------
    UnreadableInputError, NotCTError, NoPelvisError, IrregularSlicesError, UnsupportedTransferSyntaxError
        One clear message each; nothing is guessed.
    DecoderError
        When a decoder of compressed images is broken.
    UsageError
        When ``series`` fits no series or several, or the offset is no number.
    """
    if not abs(hu_offset) <= LARGEST_OFFSET_HU:
        raise UsageError(f"the offset to Hounsfield units must lie within {LARGEST_OFFSET_HU:.0f} of 0")
    if isinstance(path, str | Path):
        path = Path(path)
        suffix = _file_suffix(path, series)
        if suffix is not None:
            return _load_image(path, FORMATS[suffix], hu_offset)
    with open_study(path) as study:
        chosen, _, _ = choose_series(study.series, series)
        return _load_series(study, chosen, series, allow_gaps, hu_offset)


def inspect_scan(
    path: str | Path, *, series: str | None = None, allow_gaps: bool = False, hu_offset: float = 0.0
) -> Inspection:
    """List what is at a path and what :func:`load_scan` would use and why; the scan chosen is loaded to find out.

    A scan that would be refused is an answer (``grid`` is None, with the reason in the warnings), not an error.

    Raises
    ------
    UnreadableInputError
        When there is nothing readable.
    UsageError
        When ``series`` fits no series or several.
    """
    path = Path(path)
    suffix = _file_suffix(path, series)
    if suffix is not None:
        loaded = load_scan(path, hu_offset=hu_offset)
        return Inspection(FORMATS[suffix], (), None, "one volume in one file", loaded.volume.grid, loaded.warnings)
    with open_study(path) as study:
        try:
            chosen, reason, ratings = choose_series(study.series, series)
        except InputRefusedError as error:
            summaries = tuple(_summary(s, None) for s in study.series)
            return Inspection("dicom", summaries, None, str(error), None, (), study.skipped)
        summaries = tuple(_summary(s, ratings.get(s.number)) for s in study.series)
        grid: Grid | None = None
        try:
            scan = _load_series(study, chosen, series, allow_gaps, hu_offset)
            grid, warnings = scan.volume.grid, scan.warnings
        except CoxaError as error:
            warnings = (f"would be refused: {error}", *study_warnings(study, chosen))
        return Inspection("dicom", summaries, chosen.number, reason, grid, warnings, study.skipped)


def _load_series(study: Study, chosen: Series, named: str | None, allow_gaps: bool, hu_offset: float) -> Scan:
    found = (chosen, say_continuations(chosen, study)) if named is not None else join_continuations(chosen, study)
    used, notes = found
    volume, warnings = assemble(used, allow_gaps)
    if hu_offset:
        volume = Volume(as_hounsfield(volume.hu, hu_offset), volume.grid)
    else:
        require_hounsfield(sample_of(volume.hu))
    require_pelvis(volume)
    image = chosen.images[0]
    uids = {"series": image.series_uid, "study": image.study_uid, "frame_of_reference": image.frame_of_reference_uid}
    others = sorted({other.series_uid for other in used.images} - {image.series_uid})
    return Scan(
        volume=volume,
        sha256=scan_sha256(volume),
        format="dicom",
        warnings=(
            *warnings,
            *notes,
            *_offset_warnings(hu_offset),
            *clamp_warnings(volume.hu),
            *slice_warnings(volume.grid, image.fact("slice_thickness_mm")),
            *study_warnings(study, chosen),
        ),
        acquisition=dict(image.technical),
        uids={**uids, "joined_series": " ".join(others)} if others else uids,
    )


def _offset_warnings(hu_offset: float) -> tuple[str, ...]:
    return (f"{hu_offset:+g} was added to every voxel, as asked (--hu-offset)",) if hu_offset else ()


def slice_warnings(grid: Grid, thickness: str = "") -> tuple[str, ...]:
    """Return the warning that thick slices deserve: over 1.5 mm one, over 3 mm a strong one [E]."""
    spacing_mm = max(grid.spacing_mm)
    # An unreadable thickness leaves the spacing, which is what counts.
    with suppress(ValueError):
        spacing_mm = max(spacing_mm, float(thickness or 0.0))
    if spacing_mm > STRONG_WARN_SLICE_MM + 0.01:
        return (
            f"very thick slices: {spacing_mm:.2f} mm where {ADVISED_SLICE_MM} mm or less is advised; landmarks and "
            "centres can be millimetres off, not for planning",
        )
    if spacing_mm > WARN_SLICE_MM + 0.01:
        return (f"thick slices: {spacing_mm:.2f} mm where {ADVISED_SLICE_MM} mm or less is advised",)
    return ()


def _file_suffix(path: Path, series: str | None) -> str | None:
    suffix = None if path.is_dir() else image_suffix(path)
    if suffix is not None and series is not None:
        raise UsageError(f"--series chooses among DICOM series, and a {suffix} file holds one volume: leave it out")
    return suffix


def _load_image(path: Path, name: str, hu_offset: float) -> Scan:
    array, grid = read_image(path)
    volume = Volume(as_hounsfield(array, hu_offset), grid)
    require_pelvis(volume)
    warnings = (*_offset_warnings(hu_offset), *clamp_warnings(volume.hu), *slice_warnings(grid))
    return Scan(volume, scan_sha256(volume), name, warnings)


def _summary(series: Series, rating: Rating | None) -> SeriesSummary:
    image = series.images[0]
    placed = orientation_word(series) != "none"
    depths = series.depths_mm() if placed else np.zeros(1)
    return SeriesSummary(
        number=series.number,
        modality=image.modality,
        slices=len(series.images),
        size=image.size,
        spacing_mm=image.spacing_mm,
        pitch_mm=round(rating.pitch_mm, 3) if rating else None,
        extent_mm=round(float(np.ptp(depths)), 2) if placed else None,
        orientation=orientation_word(series),
        kernel=image.fact("kernel"),
        slice_thickness_mm=image.fact("slice_thickness_mm"),
        pelvis_mm=None if rating is None or rating.pelvis_mm is None else round(rating.pelvis_mm),
        score=round(rating.score, 1) if rating else None,
        excluded=series.excluded,
        problem=rating.problem if rating else None,
    )
