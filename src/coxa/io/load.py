"""The door: a path goes in, a scan in LPS mm and HU comes out, or one clear refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coxa.errors import InputRefusedError, UnreadableInputError, UsageError
from coxa.geometry.grid import Grid
from coxa.io.dicom.assemble import assemble
from coxa.io.dicom.choose import Rating, choose_series
from coxa.io.dicom.find import find_dicom
from coxa.io.dicom.headers import ImageHeader, read_headers
from coxa.io.dicom.pixels import require_decoder
from coxa.io.dicom.positions import lay_out
from coxa.io.dicom.series import Series, group_series, orientation_word
from coxa.io.field_of_view import require_pelvis
from coxa.io.hounsfield import as_hounsfield, require_hounsfield, sample_of
from coxa.io.images.image_files import FORMATS, image_suffix, read_image, read_image_grid
from coxa.io.inspection import Inspection, SeriesSummary
from coxa.io.scan import Scan
from coxa.io.scan_hash import scan_sha256
from coxa.volume import Volume

ADVISED_SLICE_MM = 1.25
WARN_SLICE_MM = 1.5
STRONG_WARN_SLICE_MM = 3.0

_DAMAGED = (ValueError, OSError, KeyError, AttributeError, TypeError, EOFError, NotImplementedError, IndexError)


def load_scan(path: str | Path | Sequence[Path], *, series: str | None = None, allow_gaps: bool = False) -> Scan:
    """Load a CT: a DICOM folder (any nesting), a zip of one, or one NIfTI, NRRD, MHA or MHD file.

    Parameters
    ----------
    path : str or Path, or sequence of Path
        A sequence names the DICOM files of one study, wherever they lie.
    series : str, optional
        Which DICOM series: its number in ``inspect_scan``'s list, its UID, or the unambiguous beginning of the UID.
    allow_gaps : bool
        Interpolate over missing slices (up to 20 mm), recorded in the warnings, instead of refusing.

    Returns
    -------
    Scan
        Without the patient's identity.

    Raises
    ------
    UnreadableInputError, NotCTError, NoPelvisError, IrregularSlicesError, UnsupportedTransferSyntaxError
        One clear message each; nothing is guessed.
    UsageError
        When ``series`` fits no series or several.
    """
    if isinstance(path, str | Path):
        path = Path(path)
        suffix = _file_suffix(path, series)
        if suffix is not None:
            return _load_image(path, FORMATS[suffix])
    with _open_dicom(path) as study:
        chosen, _, _ = choose_series(study.series, series)
        volume, warnings = assemble(chosen, allow_gaps)
    require_hounsfield(sample_of(volume.hu))
    require_pelvis(volume)
    image = chosen.images[0]
    thickness = image.fact("slice_thickness_mm")
    return Scan(
        volume=volume,
        sha256=scan_sha256(volume),
        format="dicom",
        warnings=(*warnings, *slice_warnings(volume.grid, thickness), *_study_warnings(study)),
        acquisition=dict(image.technical),
        uids={"series": image.series_uid, "study": image.study_uid, "frame_of_reference": image.frame_of_reference_uid},
    )


def inspect_scan(path: str | Path, *, series: str | None = None) -> Inspection:
    """List what is at a path and what :func:`load_scan` would use and why, reading headers and a few slices only.

    A study without a usable series is an answer (``chosen`` is None, with the reason), not an error.

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
        grid = read_image_grid(path)
        reason = "one volume in one file"
        return Inspection(FORMATS[suffix], (), None, reason, grid, slice_warnings(grid))
    with _open_dicom(path) as study:
        try:
            chosen, reason, ratings = choose_series(study.series, series)
        except InputRefusedError as error:
            summaries = tuple(_summary(s, None) for s in study.series)
            return Inspection("dicom", summaries, None, str(error), None, (), study.skipped)
        summaries = tuple(_summary(s, ratings.get(s.number)) for s in study.series)
        grid_or_none, warnings = _foresee(chosen)
        warnings = (*warnings, *_study_warnings(study))
        return Inspection("dicom", summaries, chosen.number, reason, grid_or_none, warnings, study.skipped)


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


@dataclass(frozen=True)
class _Study:
    series: tuple[Series, ...]
    skipped: Mapping[str, int]


@contextmanager
def _open_dicom(path: Path | Sequence[Path]) -> Iterator[_Study]:
    with find_dicom(path) as found:
        images: list[ImageHeader] = []
        skipped = dict(found.skipped)
        for source in found.sources:
            try:
                headers = read_headers(source)
            except _DAMAGED:
                skipped["damaged DICOM"] = skipped.get("damaged DICOM", 0) + 1
                continue
            if not headers:
                skipped["DICOM without image"] = skipped.get("DICOM without image", 0) + 1
            images += headers
        if not images:
            raise UnreadableInputError("the DICOM files there hold no images or are damaged: export the series again")
        yield _Study(group_series(images), skipped)


def _file_suffix(path: Path, series: str | None) -> str | None:
    suffix = None if path.is_dir() else image_suffix(path)
    if suffix is not None and series is not None:
        raise UsageError(f"--series chooses among DICOM series, and a {suffix} file holds one volume: leave it out")
    return suffix


def _load_image(path: Path, name: str) -> Scan:
    array, grid = read_image(path)
    volume = Volume(as_hounsfield(array), grid)
    require_pelvis(volume)
    return Scan(volume, scan_sha256(volume), name, slice_warnings(grid))


def _foresee(chosen: Series) -> tuple[Grid | None, tuple[str, ...]]:
    """Return the grid that loading would give, or why it would be refused, from the headers alone."""
    image = chosen.images[0]
    try:
        require_decoder(image.transfer_syntax)
        layout = lay_out(chosen)
    except InputRefusedError as error:
        return None, (f"would be refused: {error}",)
    if layout.gaps:
        return None, ("would be refused without --allow-gaps: slices are missing or irregular",)
    origin = np.array(chosen.images[layout.order[0]].position_lps_mm)
    spacing = image.spacing_mm or (1.0, 1.0)
    grid = Grid((*image.size, len(layout.order)), (*spacing, layout.pitch_mm), origin, chosen.axes().T)
    sheared = ("the gantry was tilted: slices would be shifted to a rectangular grid",) if layout.sheared else ()
    return grid, (*sheared, *slice_warnings(grid, image.fact("slice_thickness_mm")))


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


def _study_warnings(study: _Study) -> tuple[str, ...]:
    warnings = []
    damaged = sum(study.skipped.get(kind, 0) for kind in ("damaged DICOM", "unreadable"))
    if damaged:
        warnings.append(f"{damaged} damaged or unreadable file(s) were passed over")
    studies = len({series.images[0].study_uid for series in study.series if series.excluded is None})
    if studies > 1:
        warnings.append(f"CT series of {studies} studies lie there together: make sure that the right one was used")
    return tuple(warnings)
