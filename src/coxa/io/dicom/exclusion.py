"""Why images are no CT volume, or not the one to take first: one reason in words for each series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from coxa.io.dicom.headers import CT_CLASSES, ImageHeader, different_people

MIN_SLICES = 10
"""Fewer images make no volume of a pelvis."""
REFORMAT = "a reformat of another series"
SECONDARY = "a secondary, derived series"
LEFT_OUT = "without position, orientation or pixel spacing"
LARGEST_SPACING_MM = 10.0
"""Wider pixels are no CT image [E]."""
SMALLEST_SPACING_MM = 0.01
"""Finer pixels are no CT of a patient [E]."""
LARGEST_MATRIX = 8192
"""Pixels along a side; scanners reach 2048."""
LARGEST_SLOPE = 100.0
"""Of a rescaling to HU [E]."""
LARGEST_INTERCEPT = 70_000.0
"""Rescaling beyond these turns no stored value of 16 bits into Hounsfield units."""

LOCALIZER_WORDS = {"LOCALIZER", "SCOUT", "TOPOGRAM"}
_REFORMAT_WORDS = ("MPR", "REFORMAT")
"""Anywhere within a value of Image Type: ``CT_SOM5 MPR``, ``CSAMPR``."""
_PROJECTION_WORDS = ("PROJECTION", "MIP", "MINIP", "RENDERING", "CURVED")
"""Likewise; their values or places are not the body's."""
_CAPTURE_WORDS = {"SCREEN SAVE", "CAPTURE", "DOSE_INFO", "DOSE INFO", "CSA REPORT"}


def why_never(images: Sequence[ImageHeader]) -> str | None:
    """Return why images of one stack can never be a CT volume in HU, or None.

    Every image is asked: what holds for a few slices only makes the whole stack false.
    """
    reasons = Counter(_not_ct(image) for image in images)
    bad = [(reason, count) for reason, count in reasons.items() if reason is not None]
    if not bad:
        return _mixed(images)
    reason, count = max(bad, key=lambda pair: pair[1])
    return reason if count == len(images) else f"partly unusable: {count} of {len(images)} images are {reason}"


def why_not_first(images: Sequence[ImageHeader]) -> str | None:
    """Return why a CT series is passed over unless there is no other or it is named explicitly, or None."""
    words = set(images[0].image_type)
    if any(part in word for word in words for part in _PROJECTION_WORDS):
        return "a projection or rendering of another series"
    if len(images) < MIN_SLICES:
        return f"only {len(images)} image{'s' if len(images) != 1 else ''}"
    if any(part in word for word in words for part in _REFORMAT_WORDS):
        return REFORMAT
    if "SECONDARY" in images[0].image_type[1:2]:
        return SECONDARY
    return None


def _mixed(images: Sequence[ImageHeader]) -> str | None:
    """Return in what images of one stack contradict each other, without a name; a blank contradicts nothing."""
    advice = "they cannot be one scan"
    if different_people(image.person for image in images) > 1:
        return f"a mixture of different patients (identifier, name or birth date differ): {advice}"
    if len({image.study_uid for image in images} - {""}) > 1:
        return f"a mixture of different studies: {advice}"
    if len({image.frame_of_reference_uid for image in images} - {""}) > 1:
        return f"a mixture of different frames of reference: {advice}"
    return None


def _not_ct(image: ImageHeader) -> str | None:
    words = set(image.image_type)
    ct_class = image.sop_class in CT_CLASSES
    if image.modality != "CT" and not (ct_class and not image.modality):
        return f"not CT but {image.modality or 'of unknown modality'}"
    if words & LOCALIZER_WORDS:
        return "a localizer (scout)"
    if image.samples != 1 or words & _CAPTURE_WORDS:
        return "a colour picture or screen capture, not Hounsfield units"
    if not ct_class:
        return "not stored as CT images (a secondary capture or other object)"
    return _unusable_pixels(image) or _unusable_place(image) or _unusable_rescaling(image)


def _unusable_pixels(image: ImageHeader) -> str | None:
    if image.photometric == "MONOCHROME1":
        return "stored with inverted grey values (MONOCHROME1): export the series as MONOCHROME2"
    if image.photometric != "MONOCHROME2":
        return f"stored as {image.photometric or 'unknown colours'}, not as plain grey values (MONOCHROME2)"
    if not 12 <= image.bits_stored <= image.bits:
        return f"stored with {image.bits_stored} of {image.bits} bits, where Hounsfield units need 12 or more"
    if min(image.size) < 2 or max(image.size) > LARGEST_MATRIX:
        return f"of an impossible size of {image.size[0]} x {image.size[1]} pixels"
    if image.frames > 1:
        return "a multi-frame image without functional groups, so where its frames lie is unknown"
    return None


def _unusable_place(image: ImageHeader) -> str | None:
    places = {"PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient"} & set(image.unreadable)
    if places:
        return f"with numbers that cannot be read in {', '.join(sorted(places))} (a comma for the decimal point?)"
    if image.orientation is None or image.position_lps_mm is None or image.spacing_mm is None:
        return LEFT_OUT
    if not _orthonormal(image.orientation) or min(image.spacing_mm) <= 0:
        return "with an impossible orientation or pixel spacing"
    if min(image.spacing_mm) < SMALLEST_SPACING_MM or max(image.spacing_mm) > LARGEST_SPACING_MM:
        return f"with an impossible pixel spacing of {max(image.spacing_mm):g} mm"
    if np.abs(image.position_lps_mm).max() > 1e5:
        return "with an impossible position"
    return None


def _unusable_rescaling(image: ImageHeader) -> str | None:
    if image.lookup_table:
        return "with a lookup table (Modality LUT) in place of a linear rescaling to Hounsfield units"
    if image.slope is None or image.intercept is None:
        return "without the rescaling that makes Hounsfield units"
    if not 0 < image.slope <= LARGEST_SLOPE or not abs(image.intercept) <= LARGEST_INTERCEPT:
        return "with a rescaling that makes no Hounsfield units"
    if image.rescale_type not in ("", "HU"):
        return f"in {image.rescale_type}, not in Hounsfield units"
    return None


def _orthonormal(orientation: tuple[float, ...]) -> bool:
    i, j = np.array(orientation[:3]), np.array(orientation[3:])
    return bool(abs(i @ i - 1) < 0.02 and abs(j @ j - 1) < 0.02 and abs(i @ j) < 0.01)
