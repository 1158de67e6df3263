"""Grouping DICOM images into series that can be volumes, and saying of the others why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import FloatArray, unit
from coxa.io.dicom.exclusion import LOCALIZER_WORDS, REFORMAT, SECONDARY, why_never, why_not_first
from coxa.io.dicom.headers import ImageHeader

SAME_POSITION_MM = 0.05
"""Two images closer than this along the normal are at one position."""
ROUNDING_PIXELS = 0.5
"""Rounded headers may put a pixel at the image's edge half a pixel elsewhere; more is another image grid."""
SAME_SPACING_MM = 1e-3
"""Pixel spacings that differ by no more are one: headers round to less [E]."""
SAME_DIRECTION = 1e-3
"""Smaller differences of spacing and of direction cosines are always rounding."""


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
    last_resort : bool
        A forcible series that is taken, with a warning, when no other is usable: a plane reformat of enough slices.
    """

    number: int
    images: tuple[ImageHeader, ...]
    excluded: str | None
    forcible: bool
    last_resort: bool = False

    @property
    def uid(self) -> str:
        """SeriesInstanceUID; for matching only, never shown."""
        return self.images[0].series_uid

    def axes(self) -> FloatArray:
        """Return the unit vectors of i, j and of the normal i x j, one a row."""
        given = [image.orientation for image in self.images if image.orientation is not None]
        orientation = np.median(given, axis=0) if given else np.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
        i = unit(orientation[:3])
        normal = unit(np.cross(i, orientation[3:]))
        return np.array([i, np.cross(normal, i), normal])

    def spacing_mm(self) -> tuple[float, float]:
        """Return the pixel spacing along i and j: the median, as headers round."""
        given = [image.spacing_mm for image in self.images if image.spacing_mm is not None]
        i, j = np.median(given, axis=0) if given else (1.0, 1.0)
        return float(i), float(j)

    def depths_mm(self) -> FloatArray:
        """Return each image's position along the normal (N,)."""
        return self.depths_along(self.axes()[2])

    def depths_along(self, normal: FloatArray) -> FloatArray:
        """Return each image's position along a unit vector (N,)."""
        positions = np.array([image.position_lps_mm or (0.0, 0.0, 0.0) for image in self.images])
        return np.asarray(positions @ normal)


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
    hard = why_never(images)
    soft = why_not_first(images)
    last_resort = hard is None and soft in (REFORMAT, SECONDARY)
    return Series(number, tuple(images), hard or soft, forcible=hard is None, last_resort=last_resort)


def _same_stack(a: ImageHeader, b: ImageHeader) -> bool:
    same = ("series_uid", "modality", "sop_class", "size", "samples", "rescale_type")
    if any(getattr(a, name) != getattr(b, name) for name in same) or a.fact("kernel") != b.fact("kernel"):
        return False
    if LOCALIZER_WORDS & set(a.image_type) != LOCALIZER_WORDS & set(b.image_type):
        return False
    if (a.position_lps_mm is None) != (b.position_lps_mm is None):
        return False
    if a.spacing_mm is None or b.spacing_mm is None or a.orientation is None or b.orientation is None:
        return a.spacing_mm is b.spacing_mm and a.orientation is b.orientation
    # From the middle of the image, about which rounded headers scale and turn it, to its edge.
    half_mm = max(a.size) / 2 * max(a.spacing_mm)
    allowed_mm = ROUNDING_PIXELS * min(a.spacing_mm)
    turn = float(np.abs(np.subtract(a.orientation, b.orientation)).max())
    change_mm = float(np.abs(np.subtract(a.spacing_mm, b.spacing_mm)).max())
    return (turn <= SAME_DIRECTION or turn * half_mm <= allowed_mm) and (
        change_mm <= SAME_SPACING_MM or change_mm * max(a.size) / 2 <= allowed_mm
    )


def _by_acquisition(group: list[ImageHeader]) -> list[list[ImageHeader]]:
    """Split phases that lie over one another; a scan taken in several table steps stays one."""
    numbers = sorted({image.acquisition for image in group})
    if len(numbers) == 1 or not _collides(group):
        return [group]
    parts = [[image for image in group if image.acquisition == number] for number in numbers]
    return [group] if any(_collides(part) for part in parts) else parts


def _collides(group: list[ImageHeader]) -> bool:
    if why_never(group[:1]):
        return False
    depths = np.sort(Series(0, tuple(group), None, False).depths_mm())
    return bool((np.diff(depths) < SAME_POSITION_MM).any())


def orientation_word(series: Series) -> str:
    """Return ``axial``, ``coronal``, ``sagittal`` or ``oblique`` by the slice normal."""
    if not series.forcible:
        return "none"
    normal = np.abs(series.axes()[2])
    names = ("sagittal", "coronal", "axial")
    nearest = int(normal.argmax())
    return names[nearest] if normal[nearest] > np.cos(np.radians(30.0)) else "oblique"
