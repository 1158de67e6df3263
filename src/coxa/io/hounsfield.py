"""Are these numbers Hounsfield units? And if so, as int16."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coxa.errors import NotCTError
from coxa.io.dicom.pixels import AIR_HU

FAT_OR_AIR_HU = -60.0
"""Every CT of a body has voxels below this (fat, bowel gas, air); pictures and offset storage have none."""
BONE_HU = 200.0
SOFT_TISSUE_HU = (-200.0, 200.0)
MIN_SOFT_TISSUE_SHARE = 0.01
"""Share of the voxels that is fat, water or muscle in any scan of a body, air around it included."""
_SAMPLE_VOXELS = 2_000_000


def as_hounsfield(array: npt.NDArray[np.generic]) -> npt.NDArray[np.int16]:
    """Return voxels [k, j, i] as int16 HU, everything below -1024 set to -1024; int16 is changed in place.

    Raises
    ------
    NotCTError
        When the values cannot be Hounsfield units.
    """
    if array.dtype.kind not in "iuf":
        raise NotCTError(f"voxels of type {array.dtype} are not Hounsfield units: give the original CT")
    sample = sample_of(array)
    if array.dtype.kind == "f" and not np.isfinite(sample).all():
        raise NotCTError("the scan holds voxels that are not numbers: convert the original DICOM series again")
    require_hounsfield(sample)
    if array.dtype == np.int16:
        np.maximum(array, AIR_HU, out=array)
        return array.view(np.int16)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise NotCTError("the scan holds voxels that are not numbers: convert the original DICOM series again")
    out = np.empty(array.shape, dtype=np.int16)
    for plane, source in zip(out, array, strict=True):
        plane[...] = np.clip(np.rint(source.astype(np.float32)), AIR_HU, np.iinfo(np.int16).max)
    return out


def require_hounsfield(sample: npt.NDArray[np.generic]) -> None:
    """Refuse values that cannot be a CT of a body in HU.

    Parameters
    ----------
    sample : ndarray
        Voxels, or a regular sample of them.

    Raises
    ------
    NotCTError
        Saying what is missing.
    """
    values = np.asarray(sample, dtype=np.float32)
    low, high = float(values.min()), float(values.max())
    advice = "give the CT in Hounsfield units (air -1000, water 0), as the scanner exported it"
    if low > FAT_OR_AIR_HU:
        raise NotCTError(f"the voxels run from {low:g} to {high:g}, without air or fat: not Hounsfield units; {advice}")
    if high < BONE_HU:
        raise NotCTError(f"the voxels run from {low:g} to {high:g}, without bone: not Hounsfield units; {advice}")
    soft = float(np.mean((values > SOFT_TISSUE_HU[0]) & (values < SOFT_TISSUE_HU[1])))
    if soft < MIN_SOFT_TISSUE_SHARE:
        raise NotCTError(
            f"only {100 * soft:.1f} % of the voxels are like fat, water or muscle (-200 to 200): not Hounsfield "
            f"units, or shifted; {advice}"
        )


def sample_of(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Return a view of at most about two million voxels, evenly spread."""
    step = max(1, int(np.ceil((array.size / _SAMPLE_VOXELS) ** (1 / 3))))
    return array[::step, ::step, ::step]
