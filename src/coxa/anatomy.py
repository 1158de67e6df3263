"""Sides, structures, landmark names and the frozen landmark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from coxa.geometry.arrays import FloatArray, Vector3, read_only


class Side(StrEnum):
    """The patient's left or right."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT

    @property
    def suffix(self) -> str:
        """``L`` or ``R``, as landmark names end."""
        return "L" if self is Side.LEFT else "R"

    @property
    def lateral_sign(self) -> float:
        """Sign of the lateral direction along a left axis: +1 on the left, -1 on the right."""
        return 1.0 if self is Side.LEFT else -1.0


SIDES = (Side.LEFT, Side.RIGHT)


class Status(StrEnum):
    """How far a number can be trusted; with the last two there is no number but a reason."""

    OK = "ok"
    WARN = "warn"
    NOT_MEASURABLE = "not_measurable"
    FAILED = "failed"

    @property
    def has_value(self) -> bool:
        """True for ``ok`` and ``warn``."""
        return self in (Status.OK, Status.WARN)


HIP_LEFT, HIP_RIGHT, SACRUM = "hip_left", "hip_right", "sacrum"
FEMUR_LEFT, FEMUR_RIGHT, METAL = "femur_left", "femur_right", "metal"
BONES = (HIP_LEFT, HIP_RIGHT, SACRUM, FEMUR_LEFT, FEMUR_RIGHT)
LABELS: Mapping[int, str] = {1: HIP_LEFT, 2: HIP_RIGHT, 3: SACRUM, 4: FEMUR_LEFT, 5: FEMUR_RIGHT, 6: METAL}
"""Label values written to ``segmentation.nii.gz``; names follow TotalSegmentator's spelling."""
METAL_PART_LABELS: Mapping[int, str] = {
    11: "cup_left",
    12: "cup_right",
    13: "head_left",
    14: "head_right",
    15: "stem_left",
    16: "stem_right",
    21: "screw",
    22: "plate",
    23: "nail",
}
"""Label values of metal whose part is recognised; metal that is no known part keeps the value of ``metal``."""
LINER_LABELS: Mapping[int, str] = {17: "liner_left", 18: "liner_right"}
"""The gap between a prosthetic head and its cup: plastic or ceramic that CT shows no better than soft tissue."""
UNKNOWN, UNKNOWN_LABEL = "unknown", 30
"""Neither bone nor no bone: beside metal, where the scan cannot tell."""
METAL_PART_STEMS = ("cup", "head", "stem", "screw", "plate", "nail", "implant")
"""First words of the names that metal parts go by, Coxa's own or another tool's."""


def is_metal(name: str) -> bool:
    """Tell whether a structure's name stands for metal, whole or a part."""
    return name == METAL or name.split("_")[0] in METAL_PART_STEMS


def is_body(name: str) -> bool:
    """Tell whether a structure is a body of its own: not a part of the metal, a liner's gap or the unknown."""
    return name == METAL or not (is_metal(name) or name == UNKNOWN or name in LINER_LABELS.values())


PAIRED_LANDMARKS = ("ASIS", "AIIS", "PSIS", "PT", "IS", "IT", "TD", "GT", "LT", "HRC", "HRC_NATIVE", "SOCKET")
SINGLE_LANDMARKS = ("PSY", "SP")
PROJECTED_TEARDROPS: Mapping[str, str] = {"app": "TD_DRR_APP", "functional": "TD_DRR_FUNCTIONAL"}
"""Paired too: the teardrop as the AP radiograph of a frame shows it."""
LANDMARK_DESCRIPTIONS: Mapping[str, str] = {
    "ASIS": "anterior superior iliac spine",
    "AIIS": "anterior inferior iliac spine",
    "PSIS": "posterior superior iliac spine",
    "PT": "pubic tubercle",
    "IS": "ischial spine",
    "IT": "ischial tuberosity, most inferior point",
    "TD": "inferior teardrop",
    "TD_DRR_APP": "teardrop apex on the AP projection of the anterior pelvic plane",
    "TD_DRR_FUNCTIONAL": "teardrop apex on the AP projection of the functional frame",
    "GT": "greater trochanter apex",
    "LT": "lesser trochanter apex",
    "HRC": "current hip rotation centre (prosthetic head, or native head)",
    "HRC_NATIVE": "native hip rotation centre: before any bone loss",
    "SOCKET": "centre of the bony acetabulum, from its lunate surface",
    "PSY": "centre of the pubic symphysis",
    "SP": "sacral promontory",
}


def bone_words(name: str) -> str:
    """Return a bone's name as it is written in a sentence, such as ``left hip bone``."""
    kind, _, side = name.partition("_")
    return " ".join(word for word in (side, {"hip": "hip bone"}.get(kind, kind)) if word)


def landmark_name(stem: str, side: Side) -> str:
    """Return the contract's name of a paired landmark, such as ``ASIS_L``."""
    return f"{stem}_{side.suffix}"


@dataclass(frozen=True, eq=False)
class Estimate:
    """What one of several methods for the same point answers.

    Attributes
    ----------
    name : str
        ``own_head``, ``own_lunate``, ``mirror``, ``shape_model``, ``constellation``, ``proportions``,
        ``regression``.
    position_lps_mm : ndarray (3,) or None
        None where the method has no answer.
    uncertainty_mm : float or None
        Radius that holds the truth in 90 % of cases.
    method : str
        How it was found, in words.
    reason : str or None
        Why there is no answer, or what is unreliable.
    chosen : bool
        The landmark is this answer; at most one of a landmark's estimates.
    """

    name: str
    position_lps_mm: Vector3 | None
    uncertainty_mm: float | None
    method: str
    reason: str | None = None
    chosen: bool = False

    def __post_init__(self) -> None:
        if self.position_lps_mm is None:
            if not self.reason:
                raise ValueError(f"{self.name}: an estimate without a position needs a reason")
        else:
            object.__setattr__(self, "position_lps_mm", read_only(self.position_lps_mm, (3,)))

    @classmethod
    def missing(cls, name: str, reason: str) -> Estimate:
        """Return an estimate without an answer."""
        return cls(name, None, None, "", reason)

    def apart_mm(self, position_lps_mm: FloatArray) -> float | None:
        """Return how far this answer lies from a place, mm; None where there is none."""
        return None if self.position_lps_mm is None else float(np.linalg.norm(self.position_lps_mm - position_lps_mm))


@dataclass(frozen=True, eq=False)
class Landmark:
    """A point with what is known of it.

    Attributes
    ----------
    name : str
        Contract name, such as ``HRC_L``.
    position_lps_mm : ndarray (3,) or None
        None exactly when the status says that there is no value.
    uncertainty_mm : float or None
        Radius that holds the truth in 90 % of cases.
    status : Status
    method : str
        How it was found, in words.
    reason : str or None
        Why there is no value, or what is unreliable.
    estimates : tuple of Estimate
        Where several methods were tried, the answer of each, best method first.
    automatic_lps_mm : ndarray (3,) or None
        Of a landmark placed by hand: where Coxa had found it.
    """

    name: str
    position_lps_mm: Vector3 | None
    uncertainty_mm: float | None
    status: Status
    method: str
    reason: str | None = None
    estimates: tuple[Estimate, ...] = ()
    automatic_lps_mm: Vector3 | None = None

    def __post_init__(self) -> None:
        if self.automatic_lps_mm is not None:
            object.__setattr__(self, "automatic_lps_mm", read_only(self.automatic_lps_mm, (3,)))
        if self.status.has_value != (self.position_lps_mm is not None):
            raise ValueError(f"{self.name}: status '{self.status}' and position disagree")
        if not self.status.has_value and not self.reason:
            raise ValueError(f"{self.name}: a missing landmark needs a reason")
        if self.position_lps_mm is not None:
            object.__setattr__(self, "position_lps_mm", read_only(self.position_lps_mm, (3,)))

    @classmethod
    def missing(cls, name: str, reason: str, method: str = "", status: Status = Status.NOT_MEASURABLE) -> Landmark:
        """Return a landmark that could not be found, with its reason."""
        return cls(name, None, None, status, method, reason)

    @property
    def moved_mm(self) -> float | None:
        """How far a person moved it from where it was found; None when nobody did, or it had not been found."""
        if self.position_lps_mm is None or self.automatic_lps_mm is None:
            return None
        return float(np.linalg.norm(self.position_lps_mm - self.automatic_lps_mm))

    @property
    def point(self) -> FloatArray:
        """The position (3,), LPS mm.

        Raises
        ------
        ValueError
            When there is none; check ``status.has_value`` first.
        """
        if self.position_lps_mm is None:
            raise ValueError(f"{self.name} has no position: {self.reason}")
        return np.asarray(self.position_lps_mm)
