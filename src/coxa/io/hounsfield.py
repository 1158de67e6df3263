"""Are these numbers Hounsfield units? And if so, as int16."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coxa.errors import NotCTError
from coxa.io.dicom.pixels import AIR_HU

FAT_OR_AIR_HU = -60.0
"""Every CT of a body has voxels below this (fat, bowel gas, air); pictures and offset storage have none."""
BONE_HU = 200.0
"""Every CT of a pelvis has voxels above this; trabecular bone begins there [E]."""
SOFT_TISSUE_HU = (-200.0, 200.0)
"""Fat, water and muscle lie between these [E]."""
MIN_SOFT_TISSUE_SHARE = 0.01
"""Share of the voxels that is fat, water or muscle in any scan of a body, air around it included."""
DENSE_HU = (850.0, 1150.0)
"""Soft tissue lies here when 1000 or 1024 was added to it [E]."""
MAX_DENSE_SHARE = 0.10
"""Cortical bone of this density is under 1 % of any scan; soft tissue stored as HU plus 1000 or 1024 is a third [E]."""
USUAL_OFFSETS_HU = (1024, 1000)
"""What programs add to store Hounsfield units without a sign."""
LOWEST_USUAL_CEILING_HU = 2500
"""Scanners end at 3071 (12 bits) or beyond; a lower ceiling was made afterwards."""
CEILING_BAND_HU = 50
"""The highest value is compared with those this far below it [E]."""
MIN_CLAMPED_VOXELS = 100
"""Fewer voxels at the highest value are no ceiling [E]."""
CLAMPED_FACTOR = 10.0
"""A ceiling holds so many times the voxels of any value just below it [E]."""
_SAMPLE_VOXELS = 2_000_000
"""About so many voxels, evenly spread, are looked at."""


def as_hounsfield(array: npt.NDArray[np.generic], offset_hu: float = 0.0) -> npt.NDArray[np.int16]:
    """Return voxels [k, j, i] as int16 HU, everything below -1024 set to -1024; int16 is changed in place.

    Parameters
    ----------
    array : ndarray
    offset_hu : float
        Added to every voxel: -1024 for files that store HU plus 1024.

    Raises
    ------
    NotCTError
        When the values cannot be Hounsfield units.
    """
    if array.dtype.kind not in "iuf":
        raise NotCTError(f"voxels of type {array.dtype} are not Hounsfield units: give the original CT")
    for plane in array if array.dtype.kind == "f" else ():
        if not np.isfinite(plane).all():
            raise NotCTError("the scan holds voxels that are not numbers: convert the original DICOM series again")
    require_hounsfield(sample_of(array), offset_hu)
    if array.dtype == np.int16 and not offset_hu:
        np.maximum(array, AIR_HU, out=array)
        return array.view(np.int16)
    out = np.empty(array.shape, dtype=np.int16)
    for plane, source in zip(out, array, strict=True):
        plane[...] = np.clip(np.rint(source.astype(np.float32) + offset_hu), AIR_HU, np.iinfo(np.int16).max)
    return out


def require_hounsfield(sample: npt.NDArray[np.generic], offset_hu: float = 0.0) -> None:
    """Refuse values that cannot be a CT of a body in HU.

    Parameters
    ----------
    sample : ndarray
        Voxels, or a regular sample of them.
    offset_hu : float
        That will be added to them.

    Raises
    ------
    NotCTError
        Saying what is missing, and the likely cause when the values look like HU plus a constant.
    """
    values = np.asarray(sample, dtype=np.float32) + np.float32(offset_hu)
    problem = _problem(values)
    if problem is None:
        return
    for stored_as in USUAL_OFFSETS_HU:
        if _problem(values - stored_as) is None:
            raise NotCTError(
                f"{problem}: not Hounsfield units. They look like Hounsfield units plus {stored_as}, as some programs "
                f"store them: if that is so, give --hu-offset {offset_hu - stored_as:g}"
            )
    advice = "give the CT in Hounsfield units (air -1000, water 0), as the scanner exported it"
    raise NotCTError(f"{problem}: not Hounsfield units, or shifted; {advice}")


def _problem(values: npt.NDArray[np.float32]) -> str | None:
    """Return what no CT of a body in HU has or lacks, or None."""
    low, high = float(values.min()), float(values.max())
    if low > FAT_OR_AIR_HU:
        return f"the voxels run from {low:g} to {high:g}, without air or fat"
    if high < BONE_HU:
        return f"the voxels run from {low:g} to {high:g}, without bone"
    soft = float(np.mean((values > SOFT_TISSUE_HU[0]) & (values < SOFT_TISSUE_HU[1])))
    if soft < MIN_SOFT_TISSUE_SHARE:
        return f"only {100 * soft:.1f} % of the voxels are like fat, water or muscle (-200 to 200)"
    dense = float(np.mean((values > DENSE_HU[0]) & (values < DENSE_HU[1])))
    if dense > MAX_DENSE_SHARE:
        return f"{100 * dense:.0f} % of the voxels are like dense bone ({DENSE_HU[0]:g} to {DENSE_HU[1]:g})"
    return None


def clamp_warnings(hu: npt.NDArray[np.int16]) -> tuple[str, ...]:
    """Return the warning that the values are cut off at a ceiling below metal, when they are.

    The ceiling is the highest value, held by many voxels, far more than hold any of the values just below it.
    """
    ceiling = int(hu.max())
    if ceiling >= LOWEST_USUAL_CEILING_HU:
        return ()
    band = hu[hu >= ceiling - CEILING_BAND_HU].astype(np.int64) - (ceiling - CEILING_BAND_HU)
    counts = np.bincount(band, minlength=CEILING_BAND_HU + 1)
    at = int(counts[-1])
    if at < MIN_CLAMPED_VOXELS or at < CLAMPED_FACTOR * int(counts[:-1].max()):
        return ()
    return (
        f"the voxel values are cut off at {ceiling} HU ({at} voxels): dense bone and metal are not as the scanner "
        "measured them, and sizes and centres there can be some tenths of a millimetre off; give the original series",
    )


def sample_of(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Return a view of at most about two million voxels, evenly spread."""
    step = max(1, int(np.ceil((array.size / _SAMPLE_VOXELS) ** (1 / 3))))
    return array[::step, ::step, ::step]
