"""A series to a volume: sort, validate, assemble."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from coxa.errors import IrregularSlicesError
from coxa.geometry.arrays import FloatArray
from coxa.io.dicom.decoding import require_decoder
from coxa.io.dicom.pixels import AIR_HU, decode_hu, decode_slice, padding_is_certain
from coxa.io.dicom.positions import MAX_FILLED_GAP_MM, POSITION_TOLERANCE_MM, Layout, describe_gaps, lay_out
from coxa.io.dicom.rescaling import require_continuous
from coxa.io.dicom.series import Series
from coxa.io.plausible_grid import MOST_VOXELS, plausible_grid, require_readable_size
from coxa.volume import Volume

_RECORDED_ROUNDING = 1e-4
"""Spacings (mm) and direction cosines that differ by more than this are said to."""


def assemble(series: Series, allow_gaps: bool = False) -> tuple[Volume, tuple[str, ...]]:
    """Assemble the volume of a series.

    Parameters
    ----------
    series : Series
        Of CT images with position, orientation, spacing and rescaling.
    allow_gaps : bool
        Interpolate linearly over missing slices, and say so, instead of refusing.

    Returns
    -------
    volume : Volume
        int16 HU; k runs along the slice normal.
    warnings : tuple of str

    Raises
    ------
    IrregularSlicesError
        Slices missing, displaced, or several at one position that disagree.
    UnsupportedTransferSyntaxError, UnreadableInputError
        From the pixel data.
    """
    layout = lay_out(series)
    _require_fillable(layout, allow_gaps)
    for transfer_syntax in sorted({image.transfer_syntax for image in series.images}):
        require_decoder(transfer_syntax)
    warnings = [*_header_warnings(series), *_rounding_warnings(layout)]
    columns, rows = series.images[0].size
    origin, spacing, axes = layout.origin_lps_mm, series.spacing_mm(), series.axes()
    size = (columns, rows, len(layout.order))
    require_readable_size(size, np.dtype(np.int16).itemsize, MOST_VOXELS * np.dtype(np.int16).itemsize, "DICOM")
    grid = plausible_grid(size, (*spacing, layout.pitch_mm), origin, axes.T, "DICOM")
    wrapped = 0
    hu = np.empty((len(layout.order), rows, columns), dtype=np.int16)
    for k, n in enumerate(layout.order):
        hu[k], overflowed = decode_slice(series.images[n])
        wrapped += overflowed
    if wrapped:
        warnings.append(
            f"{wrapped} voxels lie far below air: metal whose values overflowed, so implants may be found in part or "
            "not at all; export the series with the extended CT scale"
        )
    require_continuous([series.images[n] for n in layout.order], hu)
    if layout.repeats:
        warnings.append(_drop_repeats(series, layout, hu))
    if layout.sheared:
        hu, shift_mm = _without_shear(hu, layout.drift_mm, spacing)
        origin = origin + shift_mm @ axes[:2]
        warnings.append(_describe_shear(layout))
    elif layout.drift_mm.any():
        _shift_rounded(hu, layout.drift_mm, spacing)
    if layout.gaps:
        hu = _without_gaps(hu, layout)
        warnings.append(f"slices were interpolated where some are missing or irregular: {describe_gaps(layout)}")
    return Volume(hu, replace(grid, size=(hu.shape[2], hu.shape[1], hu.shape[0]), origin_lps_mm=origin)), tuple(
        warnings
    )


def _require_fillable(layout: Layout, allow_gaps: bool) -> None:
    if not layout.gaps:
        return
    widest = max(gap.step_mm for gap in layout.gaps)
    if widest > max(MAX_FILLED_GAP_MM, 2 * layout.pitch_mm):
        raise IrregularSlicesError(
            f"slices are missing: {describe_gaps(layout)}; the widest gap is too wide to interpolate over: "
            "export the complete series again"
        )
    if not allow_gaps:
        raise IrregularSlicesError(
            f"slices are missing or irregular: {describe_gaps(layout)}; export the complete series again, "
            "or interpolate over the gaps with --allow-gaps (recorded with the results)"
        )


def _header_warnings(series: Series) -> list[str]:
    warnings = []
    if any(image.lossy for image in series.images):
        warnings.append("the images were compressed with loss: fine bone detail may be altered")
    if not all(padding_is_certain(image) for image in series.images):
        warnings.append("the declared padding value is one of tissue or metal: it was taken as air in the corners only")
    if len({(image.slope, image.intercept) for image in series.images}) > 1:
        warnings.append("slices are rescaled to Hounsfield units differently; each was rescaled as its header says")
    if series.last_resort:
        warnings.append(f"the series is {series.excluded}, and there is no other: prefer the original axial series")
    for name, unit in (("orientation", ""), ("spacing_mm", " mm")):
        given = np.array([getattr(image, name) for image in series.images])
        apart = float(np.ptp(given, axis=0).max())
        if apart > _RECORDED_ROUNDING:
            words = {"orientation": "orientations", "spacing_mm": "pixel spacings"}[name]
            warnings.append(f"the slices' {words} differ by up to {apart:.4f}{unit}: their median was taken")
    return warnings


def _rounding_warnings(layout: Layout) -> list[str]:
    warnings = []
    if layout.uneven_mm > POSITION_TOLERANCE_MM:
        warnings.append(
            f"slices lie up to {layout.uneven_mm:.2f} mm from their places {layout.pitch_mm:.3f} mm apart: taken as "
            "rounding"
        )
    if not layout.sheared and layout.drift_mm.any():
        farthest = float(np.abs(layout.drift_mm).max())
        count = int(layout.drift_mm.any(1).sum())
        warnings.append(
            f"{count} slice(s) lie up to {farthest:.2f} mm aside in their plane, less than half a pixel: shifted"
        )
    return warnings


def _shift_rounded(hu: npt.NDArray[np.int16], drift_mm: FloatArray, spacing_mm: tuple[float, float]) -> None:
    """Shift in place the slices that lie aside by less than half a pixel; what comes in at an edge repeats it."""
    from scipy.ndimage import shift

    for k in np.flatnonzero(drift_mm.any(1)):
        by_i, by_j = drift_mm[k] / np.array(spacing_mm)
        hu[k] = np.rint(shift(hu[k].astype(np.float32), (by_j, by_i), order=1, mode="nearest"))


def _drop_repeats(series: Series, layout: Layout, hu: npt.NDArray[np.int16]) -> str:
    """Compare the repeated slices with those kept; return the warning that they were dropped."""
    place = {int(n): k for k, n in enumerate(layout.order)}
    for kept, repeated in layout.repeats:
        k = place[kept]
        same_place = np.allclose(
            np.array(series.images[kept].position_lps_mm), np.array(series.images[repeated].position_lps_mm), atol=0.1
        )
        if not same_place or not np.array_equal(hu[k], decode_hu(series.images[repeated])):
            raise IrregularSlicesError(
                f"two slices at {layout.depths_mm[k]:.1f} mm along the slice normal disagree: the folder mixes two "
                "reconstructions or phases; export one of them alone"
            )
    return f"{len(layout.repeats)} image(s) that repeat a slice with the same content were dropped"


def _describe_shear(layout: Layout) -> str:
    run = float(layout.depths_mm[-1] - layout.depths_mm[0])
    tilt_deg = float(np.degrees(np.arctan2(np.linalg.norm(layout.drift_mm[-1]), run)))
    return f"the gantry was tilted by {tilt_deg:.1f} degrees: slices were shifted in their plane to a rectangular grid"


def _without_shear(
    hu: npt.NDArray[np.int16], drift_mm: FloatArray, spacing_mm: tuple[float, float]
) -> tuple[npt.NDArray[np.int16], FloatArray]:
    """Shift each slice to a common in-plane origin; return the widened stack and that origin's shift (i, j) in mm.

    Linear interpolation along the shift; what no slice covers is air.
    """
    from scipy.ndimage import shift

    lowest = drift_mm.min(0)
    pixels = (drift_mm - lowest) / np.array(spacing_mm)
    wider_i, wider_j = np.ceil(pixels.max(0)).astype(int)
    slices, rows, columns = hu.shape
    out = np.full((slices, rows + wider_j, columns + wider_i), AIR_HU, dtype=np.int16)
    for k, (shift_i, shift_j) in enumerate(pixels):
        wide = np.full(out.shape[1:], AIR_HU, dtype=np.float32)
        wide[:rows, :columns] = hu[k]
        out[k] = np.rint(shift(wide, (shift_j, shift_i), order=1, mode="constant", cval=AIR_HU))
    return out, lowest


def _without_gaps(hu: npt.NDArray[np.int16], layout: Layout) -> npt.NDArray[np.int16]:
    """Interpolate linearly along the normal to a regular grid from the first slice on."""
    depths = layout.depths_mm
    count = int(np.floor((depths[-1] - depths[0]) / layout.pitch_mm + 0.05)) + 1
    wanted = np.minimum(depths[0] + layout.pitch_mm * np.arange(count), depths[-1])
    above = np.clip(np.searchsorted(depths, wanted), 1, len(depths) - 1)
    weight = (wanted - depths[above - 1]) / (depths[above] - depths[above - 1])
    out = np.empty((count, *hu.shape[1:]), dtype=np.int16)
    for k, (n, w) in enumerate(zip(above, weight, strict=True)):
        out[k] = np.rint((1.0 - w) * hu[n - 1].astype(np.float32) + w * hu[n].astype(np.float32))
    return out
