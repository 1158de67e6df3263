"""What can be asked of the phantom: frozen, hashable, complete."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class HemipelvisShape:
    """Shape of one hip bone and femur; the same numbers on both sides give mirror images.

    Attributes
    ----------
    size : float
        Scale of the hip bone about mid-ASIS.
    head_diameter_mm : float
    joint_space_mm : float
        From head to lunate surface.
    centre_shift_mm : (float, float, float)
        Lateral, posterior, superior shift of the joint against the mean shape; the bone around it follows.
    wing_flare_mm : float
        Lateral shift of the iliac crest.
    neck_shaft_angle_deg, anteversion_deg : float
        Of the femoral neck.
    external_rotation_deg : float
        Of the thigh about its shaft, as people lie.
    femoral_offset_mm : float
        Head centre to shaft axis.
    """

    size: float = 1.0
    head_diameter_mm: float = 47.0
    joint_space_mm: float = 3.0
    centre_shift_mm: Triple = (0.0, 0.0, 0.0)
    wing_flare_mm: float = 0.0
    neck_shaft_angle_deg: float = 127.0
    anteversion_deg: float = 12.0
    external_rotation_deg: float = 8.0
    femoral_offset_mm: float = 43.0


LEFT_SHAPE = HemipelvisShape(
    size=1.01, head_diameter_mm=48.0, centre_shift_mm=(1.0, 1.0, 1.0), wing_flare_mm=2.5, femoral_offset_mm=44.5
)
"""Invented; a little larger than the right one, as no one is symmetric."""
RIGHT_SHAPE = HemipelvisShape(
    size=0.995,
    head_diameter_mm=46.0,
    centre_shift_mm=(-1.5, -1.5, -1.5),
    wing_flare_mm=-1.5,
    neck_shaft_angle_deg=129.0,
    anteversion_deg=15.0,
    femoral_offset_mm=41.5,
)
"""Invented; a little smaller than the left one."""


@dataclass(frozen=True)
class Pose:
    """How the patient lies: rotations in degrees about LPS x, y, z (in that order) about mid-ASIS, then a shift.

    Attributes
    ----------
    rotation_deg : (float, float, float)
    offset_mm : (float, float, float)
        Of mid-ASIS in LPS.
    """

    rotation_deg: Triple = (0.0, 0.0, 0.0)
    offset_mm: Triple = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class BoneQuality:
    """Hounsfield units and cortical thickness of bone.

    Attributes
    ----------
    cortical_hu, trabecular_hu, marrow_hu : float
    cortex_scale : float
        Multiplies every cortical thickness.
    """

    cortical_hu: float = 1250.0
    trabecular_hu: float = 220.0
    marrow_hu: float = -20.0
    cortex_scale: float = 1.0


OSTEOPOROTIC = BoneQuality(cortical_hu=1000.0, trabecular_hu=60.0, marrow_hu=-60.0, cortex_scale=0.75)
"""Invented: thinner cortex, trabecular bone hardly denser than muscle."""


@dataclass(frozen=True)
class LyticLesion:
    """An ellipsoid of bone gone.

    Attributes
    ----------
    offset_mm : (float, float, float)
        Of its centre from the native rotation centre: lateral, posterior, superior in the APP frame.
    radii_mm : (float, float, float)
        Along the same axes.
    """

    offset_mm: Triple
    radii_mm: Triple


@dataclass(frozen=True)
class Implant:
    """A total hip and what it did to its bed.

    Attributes
    ----------
    cup_outer_diameter_mm, shell_thickness_mm, head_diameter_mm : float
    inclination_deg, anteversion_deg : float
        Radiographic (Murray), in the APP frame, as the cup stands today.
    migration_mm : (float, float, float)
        Lateral, posterior, superior in the APP frame: today's centre minus the native centre.
    membrane_mm : float
        Gap between shell and bone bed.
    screws : int
        Dome screws, 0 to 3.
    screw_length_mm, stem_length_mm : float
    """

    cup_outer_diameter_mm: float = 54.0
    shell_thickness_mm: float = 4.0
    head_diameter_mm: float = 32.0
    inclination_deg: float = 42.0
    anteversion_deg: float = 17.0
    migration_mm: Triple = (0.0, 0.0, 0.0)
    membrane_mm: float = 0.0
    screws: int = 2
    screw_length_mm: float = 28.0
    stem_length_mm: float = 125.0


@dataclass(frozen=True)
class HipSide:
    """One side: its shape, its implant if any, its lesions."""

    shape: HemipelvisShape
    implant: Implant | None = None
    lesions: tuple[LyticLesion, ...] = ()


@dataclass(frozen=True)
class Scanner:
    """How the picture is taken.

    Attributes
    ----------
    spacing_mm : (float, float, float)
        Along left, posterior, superior.
    noise_hu : float
        Standard deviation.
    point_spread_mm : float
        Gaussian sigma on top of the voxel's own average.
    metal_artefacts : bool
        Dark and bright bands, blooming.
    field_lps_mm : ((float, float), (float, float), (float, float))
        From, to around mid-ASIS along x, y, z: the field of view.
    has_table : bool
    """

    spacing_mm: Triple = (1.8, 1.8, 2.0)
    noise_hu: float = 15.0
    point_spread_mm: float = 0.6
    metal_artefacts: bool = True
    field_lps_mm: tuple[tuple[float, float], tuple[float, float], tuple[float, float]] = (
        (-192.0, 192.0),
        (-72.0, 212.0),
        (-230.0, 84.0),
    )
    has_table: bool = True


@dataclass(frozen=True)
class PhantomParameters:
    """Everything that decides a phantom; equal parameters give equal scans.

    Attributes
    ----------
    name : str
    left, right : HipSide
    pose : Pose
    bone : BoneQuality
    scanner : Scanner
    seed : int
        Of the noise.
    """

    name: str = "native"
    left: HipSide = field(default_factory=lambda: HipSide(LEFT_SHAPE))
    right: HipSide = field(default_factory=lambda: HipSide(RIGHT_SHAPE))
    pose: Pose = Pose()
    bone: BoneQuality = BoneQuality()
    scanner: Scanner = Scanner()
    seed: int = 7

    @property
    def digest(self) -> str:
        """Sixteen hex digits that change whenever a parameter does."""
        return hashlib.sha256(repr(asdict(self)).encode()).hexdigest()[:16]
