"""Grouping DICOM images into series that can be volumes, and saying of the others why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import FloatArray, unit
from coxa.io.dicom.headers import CT_IMAGE, ENHANCED_CT_IMAGE, ImageHeader

MIN_SLICES = 10
"""Fewer images make no volume of a pelvis."""
SAME_POSITION_MM = 0.05
"""Two images closer than this along the normal are at one position."""
SAME_DIRECTION = 1e-3
"""Largest difference of direction cosines within one series."""
SAME_SPACING_MM = 1e-3

_LOCALIZER_WORDS = {"LOCALIZER", "SCOUT", "TOPOGRAM"}
_REFORMAT_WORDS = ("MPR", "REFORMAT", "PROJECTION", "MIP", "MINIP", "RENDERING", "CURVED")
"""Anywhere within a value of Image Type: ``CT_SOM5 MPR``, ``CSAMPR``, ``PROJECTION IMAGE``."""
_CAPTURE_WORDS = {"SCREEN SAVE", "CAPTURE", "DOSE_INFO", "DOSE INFO", "CSA REPORT"}


@dataclass(frozen=True)
class Series:
    """Images of one series that share orientation, spacing, matrix and kernel.

    Attributes
    ----------
    number : int
        Place in the list, from 1; the same whatever order the files are found in.
    images : tuple of ImageHeader
        In no particular order.
    excluded : str or None
        Why it is not offered for a volume.
    forcible : bool
        An excluded series that may still be named explicitly: a reformat of CT, but not an MR or a colour capture.
    """

    number: int
    images: tuple[ImageHeader, ...]
    excluded: str | None
    forcible: bool

    @property
    def uid(self) -> str:
        """SeriesInstanceUID; for matching only, never shown."""
        return self.images[0].series_uid

    def axes(self) -> FloatArray:
        """Return the unit vectors of i, j and of the normal i x j, one a row."""
        orientation = self.images[0].orientation or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
        i = unit(orientation[:3])
        normal = unit(np.cross(i, orientation[3:]))
        return np.array([i, np.cross(normal, i), normal])

    def depths_mm(self) -> FloatArray:
        """Return each image's position along the normal (N,)."""
        positions = np.array([image.position_lps_mm or (0.0, 0.0, 0.0) for image in self.images])
        return np.asarray(positions @ self.axes()[2])


def group_series(images: Iterable[ImageHeader]) -> tuple[Series, ...]:
    """Group images by series, matrix, spacing, orientation and kernel; by acquisition where positions collide."""
    groups: list[list[ImageHeader]] = []
    for image in sorted(images, key=lambda im: (im.series_number, im.series_uid, im.source.order, im.frame)):
        home = next((group for group in groups if _same_stack(group[0], image)), None)
        if home is None:
            groups.append([image])
        else:
            home.append(image)
    split = [part for group in groups for part in _by_acquisition(group)]
    return tuple(_series(number, part) for number, part in enumerate(split, start=1))


def _series(number: int, images: list[ImageHeader]) -> Series:
    hard = _not_ct(images[0])
    soft = _not_preferred(images)
    return Series(number, tuple(images), hard or soft, forcible=hard is None)


def _same_stack(a: ImageHeader, b: ImageHeader) -> bool:
    same = ("series_uid", "modality", "sop_class", "size", "samples", "rescale_type")
    if any(getattr(a, name) != getattr(b, name) for name in same) or a.fact("kernel") != b.fact("kernel"):
        return False
    if _LOCALIZER_WORDS & set(a.image_type) != _LOCALIZER_WORDS & set(b.image_type):
        return False
    return _close(a.orientation, b.orientation, SAME_DIRECTION) and _close(a.spacing_mm, b.spacing_mm, SAME_SPACING_MM)


def _close(a: tuple[float, ...] | None, b: tuple[float, ...] | None, tolerance: float) -> bool:
    if a is None or b is None:
        return a is b
    return float(np.abs(np.subtract(a, b)).max()) <= tolerance


def _by_acquisition(group: list[ImageHeader]) -> list[list[ImageHeader]]:
    """Split phases that lie over one another; a scan taken in several table steps stays one."""
    numbers = sorted({image.acquisition for image in group})
    if len(numbers) == 1 or not _collides(group):
        return [group]
    parts = [[image for image in group if image.acquisition == number] for number in numbers]
    return [group] if any(_collides(part) for part in parts) else parts


def _collides(group: list[ImageHeader]) -> bool:
    if _not_ct(group[0]):
        return False
    depths = np.sort(Series(0, tuple(group), None, False).depths_mm())
    return bool((np.diff(depths) < SAME_POSITION_MM).any())


def _not_ct(image: ImageHeader) -> str | None:
    """Return why an image can never be a slice of a CT volume in HU, or None."""
    words = set(image.image_type)
    if image.modality != "CT":
        return f"not CT but {image.modality or 'of unknown modality'}"
    if words & _LOCALIZER_WORDS:
        return "a localizer (scout)"
    if image.samples != 1 or words & _CAPTURE_WORDS:
        return "a colour picture or screen capture, not Hounsfield units"
    if image.sop_class not in (CT_IMAGE, ENHANCED_CT_IMAGE):
        return "not stored as CT images (a secondary capture or other object)"
    if image.photometric != "MONOCHROME2" or image.bits < 12:
        return "not stored as plain grey values of at least 12 bits"
    if image.orientation is None or image.position_lps_mm is None or image.spacing_mm is None:
        return "without position, orientation or pixel spacing"
    if not _orthonormal(image.orientation) or min(image.spacing_mm) <= 0:
        return "with an impossible orientation or pixel spacing"
    if image.slope is None or image.intercept is None or image.slope <= 0:
        return "without the rescaling that makes Hounsfield units"
    if image.rescale_type not in ("", "HU"):
        return f"in {image.rescale_type}, not in Hounsfield units"
    return None


def _not_preferred(images: list[ImageHeader]) -> str | None:
    """Return why a CT series is passed over unless it is named explicitly, or None."""
    words = set(images[0].image_type)
    if any(part in word for word in words for part in _REFORMAT_WORDS):
        return "a reformat or projection of another series"
    if "SECONDARY" in images[0].image_type[1:2]:
        return "a secondary, derived series"
    if len(images) < MIN_SLICES:
        return f"only {len(images)} image{'s' if len(images) != 1 else ''}"
    return None


def _orthonormal(orientation: tuple[float, ...]) -> bool:
    i, j = np.array(orientation[:3]), np.array(orientation[3:])
    return bool(abs(i @ i - 1) < 0.02 and abs(j @ j - 1) < 0.02 and abs(i @ j) < 0.01)


def orientation_word(series: Series) -> str:
    """Return ``axial``, ``coronal``, ``sagittal`` or ``oblique`` by the slice normal."""
    if not series.forcible:
        return "none"
    normal = np.abs(series.axes()[2])
    names = ("sagittal", "coronal", "axial")
    nearest = int(normal.argmax())
    return names[nearest] if normal[nearest] > np.cos(np.radians(30.0)) else "oblique"
