"""The frozen results of one scan: what was measured, in which frames, how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coxa.anatomy import Landmark, Status
from coxa.geometry.fits import FittedSphere
from coxa.geometry.frames import RigidTransform
from coxa.geometry.grid import Grid
from coxa.implants.prosthesis import FittedCup as FittedCup


@dataclass(frozen=True)
class Measurement:
    """One number with its frame, definition, uncertainty, method and status.

    Attributes
    ----------
    side : str
        ``left``, ``right`` or ``none``.
    metric : str
        Contract name, such as ``rotation_centre_height``.
    value : float or None
        None exactly when the status says that there is no value.
    unit : str
        ``mm``, ``deg``, ``ml`` or ``1``.
    frame : str
        ``app``, ``functional``, ``table`` or ``none``.
    definition : str
    status : Status
    uncertainty : float or None
        Half-width that holds the truth in 90 % of cases, in ``unit``.
    method : str
    reason : str or None
    """

    side: str
    metric: str
    value: float | None
    unit: str
    frame: str
    definition: str
    status: Status
    uncertainty: float | None
    method: str
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.status.has_value != (self.value is not None):
            raise ValueError(f"{self.metric} {self.side}: status '{self.status}' and value disagree")
        if not self.status.has_value and not self.reason:
            raise ValueError(f"{self.metric} {self.side}: a missing value needs a reason")


@dataclass(frozen=True, eq=False)
class HipFindings:
    """What one hip holds today.

    Attributes
    ----------
    implant_present : bool
    head : FittedSphere or None
        Native head or prosthetic head.
    cup : FittedCup or None
    reason : str or None
        Why head or cup is missing although something should be there.
    head_diameter_uncertainty_mm : float or None
        90 % half-width.
    """

    implant_present: bool
    head: FittedSphere | None
    cup: FittedCup | None
    reason: str | None = None
    head_diameter_uncertainty_mm: float | None = None


@dataclass(frozen=True)
class WeakestCorner:
    """The corner of the anterior pelvic plane that is trusted least, and what its 90 % radius alone does.

    Attributes
    ----------
    name : str
        ``ASIS_L``, ``ASIS_R``, ``PT_L`` or ``PT_R``: the one whose radius turns the frame most.
    radius_mm : float
    rotation_deg : float
        By how much the frame turns; all changes are the largest over the directions in which the corner may be off.
    height_mm, horizontal_mm : float
        Change of a rotation centre's height and horizontal position.
    inclination_deg, anteversion_deg : float
        Change of a usual cup's radiographic angles.
    """

    name: str
    radius_mm: float
    rotation_deg: float
    height_mm: float
    horizontal_mm: float
    inclination_deg: float
    anteversion_deg: float


@dataclass(frozen=True, eq=False)
class Landmarks:
    """All landmarks of one scan with the frame that they define.

    Attributes
    ----------
    points : Mapping[str, Landmark]
        By contract name; every contract name is present, found or not.
    lps_from_app : RigidTransform or None
        None when ASIS or pubic tubercles are missing.
    app_status : Status
    app_reason : str or None
    hips : Mapping[str, HipFindings]
        By ``left`` and ``right``.
    weakest_corner : WeakestCorner or None
        Of the frame; None when there is no frame.
    """

    points: Mapping[str, Landmark]
    lps_from_app: RigidTransform | None
    app_status: Status
    app_reason: str | None
    hips: Mapping[str, HipFindings]
    weakest_corner: WeakestCorner | None = None


@dataclass(frozen=True, eq=False)
class MeasuredCase:
    """Everything ``coxa measure`` says of one scan.

    Attributes
    ----------
    case_id : str
        Pseudonymous; never from the patient's identity.
    input_sha256 : str
    grid : Grid
        The scan's grid.
    warnings : tuple of str
    landmarks : Landmarks
    measurements : tuple of Measurement
    """

    case_id: str
    input_sha256: str
    grid: Grid
    warnings: tuple[str, ...]
    landmarks: Landmarks
    measurements: tuple[Measurement, ...]

    def find(self, metric: str, side: str = "none", frame: str | None = None) -> Measurement | None:
        """Return the first measurement of that metric, side and (when given) frame."""
        for m in self.measurements:
            if m.metric == metric and m.side == side and frame in (None, m.frame):
                return m
        return None
