"""Coded concepts of DICOM objects: structures, sides, landmarks, measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coxa.anatomy import LANDMARK_DESCRIPTIONS

if TYPE_CHECKING:
    from pydicom.sr.coding import Code

PRIVATE_SCHEME = "99COXA"
"""Where no public code fits: landmarks of the hip and Coxa's measurements, by their contract names."""

_STRUCTURES = {
    "hip": ("29836001", "Hip"),
    "sacrum": ("54735007", "Sacrum"),
    "femur": ("71341001", "Femur"),
}
_IMPLANT = ("40388003", "Implant")
_DEVICES = {
    "cup": ("53350007", "Prosthesis"),
    "liner": ("53350007", "Prosthesis"),
    "stem": ("53350007", "Prosthesis"),
    "head": ("304121006", "Femoral Head Prosthesis"),
    "screw": ("68183006", "Bone Screw"),
}
_TISSUE = ("85756007", "Tissue")
_UNITS = {"mm": ("mm", "millimeter"), "deg": ("deg", "degree"), "ml": ("ml", "milliliter"), "1": ("1", "no units")}
_SIDES = {"left": ("7771000", "Left"), "right": ("24028007", "Right")}
_LONGEST_VALUE, _LONGEST_MEANING = 16, 64
"""Characters that DICOM allows for a code value (SH) and a code meaning (LO) [DICOM PS3.3]."""


def _sct(pair: tuple[str, str]) -> Code:
    from pydicom.sr.coding import Code

    return Code(pair[0], "SCT", pair[1])


def structure_code(name: str) -> tuple[Code, Code]:
    """Return category and type of a segmented structure; metal of no known part is an implant.

    What the scan cannot tell (``unknown``) and names of other makers are tissue without a further claim.
    """
    stem = name.partition("_")[0]
    if stem in _STRUCTURES:
        return _sct(("123037004", "Anatomical Structure")), _sct(_STRUCTURES[stem])
    if stem in ("metal", "plate", "nail", *_DEVICES):
        return _sct(("260787004", "Physical object")), _sct(_DEVICES.get(stem, _IMPLANT))
    return _sct(_TISSUE), _sct(_TISSUE)


def side_code(name: str) -> Code | None:
    """Return the side in a name such as ``hip_left`` or ``left``; None without one."""
    side = name.rpartition("_")[2]
    return _sct(_SIDES[side]) if side in _SIDES else None


def site_code() -> Code:
    """Return the region that measurements are made in."""
    return _sct(_STRUCTURES["hip"])


def unit_code(unit: str) -> Code:
    """Return the UCUM code of ``mm``, ``deg``, ``ml`` or ``1``."""
    from pydicom.sr.coding import Code

    value, meaning = _UNITS[unit]
    return Code(value, "UCUM", meaning)


def own_code(name: str, meaning: str = "") -> Code:
    """Return Coxa's own code for a contract name; a value has at most 16 characters, so long names are shortened."""
    from hashlib import sha256

    from pydicom.sr.coding import Code

    value = name
    if len(name) > _LONGEST_VALUE:
        digest = sha256(name.encode()).hexdigest()[:5]
        value = f"{name[: _LONGEST_VALUE - 6]}-{digest}"
    return Code(value, PRIVATE_SCHEME, (meaning or name.replace("_", " "))[:_LONGEST_MEANING])


def landmark_code(name: str) -> Code:
    """Return Coxa's code for a landmark, without its side."""
    stem = name if name in LANDMARK_DESCRIPTIONS else name.rpartition("_")[0]
    return own_code(stem, LANDMARK_DESCRIPTIONS.get(stem, stem))


def landmark_side(name: str) -> Code | None:
    """Return the side of a paired landmark such as ``ASIS_L``."""
    side = {"L": "left", "R": "right"}.get(name.rpartition("_")[2], "") if "_" in name else ""
    return side_code(side)
