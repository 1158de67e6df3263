"""Every convention that shapes a plan, named, with its unit and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from coxa.errors import UsageError
from coxa.planning.settings.catalogue import CupCatalogue, packaged_catalogue
from coxa.planning.settings.cup_terms import CupTerms

SCREW_LENGTHS_MM = tuple(float(length) for length in range(15, 85, 5))
"""Catalogue of screw lengths: 15 to 80 mm in steps of 5 [E]."""

SCREW_DIAMETERS_MM = (5.0, 5.5, 6.5)
"""Catalogue of thread diameters [E]."""

AUGMENT_TYPES = ("auto", "none", "wedge", "buttress", "footing", "column", "custom")
"""What augment may be asked for.

``auto`` and ``custom`` fill all of the gap. ``wedge`` (also called shim) fills what lies above the cup,
``footing`` what lies medial of it, ``column`` what lies before and behind it; ``buttress`` is a wedge with a flange
onto the ilium.
"""

CELL_SIZE_MM = {"network": 1.45, "sheet": 3.8}
"""Cell by style of lattice at which struts, or walls, are as thick as laser powder beds need."""


@dataclass(frozen=True)
class PlanSettings:
    """What a surgeon or engineer may want otherwise. [E]: expert convention, [S]: published.

    Attributes
    ----------
    target_inclination_deg, target_anteversion_deg : float
        Radiographic angles (Murray) of the cup in the functional supine frame, 40 / 15 [E].
    cup_catalogue : CupCatalogue
        The sizes to choose from; 44 to 80 mm by 2 when none is given [E].
    cup_terms : CupTerms
        What the search for the cup weighs, and how much.
    cup_over_head_mm : float
        Cup outer diameter less native head diameter: cartilage on both sides and reaming [E].
    cup_downsize_mm, cup_upsize_mm : float
        The cup may be this much smaller or larger than the native head suggests [E].
    cup_column_mm : float
        Least bone in front of the cup and behind it, against the acetabulum's outer antero-posterior diameter [E].
    cup_search_mm : float
        The cup's centre is looked for within this distance of the target [E].
    press_fit_mm : float
        The cup is this much larger than what is reamed for it, 1 to 3 mm [S].
    cement_gap_mm : float
        Uniform gap between augment and cup, 1 to 2 mm [E].
    seat_offset_mm : float
        Gap left between augment and host bone [E].
    seat_roughness_mm : float
        Pits and tunnels of the host bone narrower than twice this are bridged: room for graft, not metal [E].
    augment_type : str
        One of ``AUGMENT_TYPES``.
    augment_reach_mm : float
        The augment ends this far from the cup's sphere [E].
    augment_envelope_mm : float
        The augment may stand this far proud of the native bone [E].
    dome_support_mm : float
        Behind the cup's dome a sheet of the minimum thickness may stand this far proud of the native bone, so that a
        lost medial wall is spanned [E].
    augment_minimum_thickness_mm : float
        No part of the augment is thinner, and its free edges are rounded by half of it [E].
    augment_minimum_width_mm : float
        Its footprint on the cup is nowhere narrower: no arms [E].
    augment_flange : str
        ``none``, ``iliac``, ``ischial`` or ``both``: plates from the augment onto the bone's outer face, with screws.
    flange_thickness_mm, flange_width_mm, flange_length_mm : float
        Length beyond the gap [E].
    flange_screw_count : int
        Screws through each flange, as far as there is room for their holes.
    augment_minimum_volume_ml : float
        A smaller gap needs no augment [E].
    work_spacing_mm : float
        Pitch of the grid on which gap and augment are worked out.
    porous_layer_mm : float
        Thickness of the porous zone on the bone side; commercial cups have about 1.3 mm [S].
    porosity : float
        Void share of that zone, 0.60 to 0.80 [E].
    cell_size_mm : float, optional
        Unit cell of the lattice; when not given ``CELL_SIZE_MM`` of the style, so that its walls can be printed.
    part_pitch_mm : float
        Pitch of the grid on which the printable part is drawn.
    lattice, lattice_style : str
        ``gyroid``, ``diamond`` or ``primitive``; ``network`` of struts or ``sheet``.
    defect_radius_mm : float
        Loss is counted within this distance of the way from the native to today's rotation centre [E].
    defect_spacing_mm : float
        Pitch of the grid on which loss is counted.
    defect_noise_mm : float
        Loss thinner than twice this is the two sides' natural difference (-2.3 to 2.9 mm [S]), not a defect.
    screw_count_max, augment_screw_count_max : int
        Most screws through the cup's dome, and through the augment into the bone behind it [E].
    screw_diameter_mm : float
        6.5 mm; 5.0 and 5.5 exist besides [E].
    screw_longest_mm : float
        No proposed screw reaches farther than this beyond the cup, or beyond the augment before the bone [E].
    screw_channel_mm : float
        Radial play of a screw in the augment [E].
    screw_clearance_mm : float
        Least distance between the surfaces of two screws, 2 mm [E].
    screw_tip_margin_mm : float
        Bone left beyond the tip [E].
    screw_minimum_bone_mm : float
        A screw with less bone along it is not proposed [E].
    screw_vessel_distance_mm : float
        Least distance between a proposed screw's surface and a vessel, when a vessel mask is given [E].
    head_diameter_mm, neck_diameter_mm : float
        Of the planned prosthesis, for the range of motion: head 32, neck (taper and sleeve) 12.5 [E].
    neck_length_mm : float
        From the head's centre to the end of the free neck [E].
    ccd_deg, stem_anteversion_deg : float
        Angle between neck and shaft, and the neck's turn out of the coronal plane: 135 and 15 [E].
    shaft_valgus_deg : float
        In neutral the femoral shaft leans inward toward the knee by this much against the vertical, 5 to 7 [E].
    liner_face_mm : float
        Height of the liner's edge over the head's centre: 0 is a hemisphere, more covers more of the head [E].
    neck_resection_mm : float
        The femur's neck is cut this far from the head's centre, across the planned neck [E].
    cup_diameter_mm, cup_centre_lps_mm, inclination_deg, anteversion_deg : optional
        Set by hand; the rest of the plan follows.
    """

    target_inclination_deg: float = 40.0
    target_anteversion_deg: float = 15.0
    cup_catalogue: CupCatalogue = field(default_factory=packaged_catalogue)
    cup_terms: CupTerms = field(default_factory=CupTerms)
    cup_over_head_mm: float = 6.0
    cup_downsize_mm: float = 4.0
    cup_upsize_mm: float = 8.0
    cup_column_mm: float = 2.0
    cup_search_mm: float = 8.0
    press_fit_mm: float = 1.0
    cement_gap_mm: float = 1.5
    seat_offset_mm: float = 0.3
    seat_roughness_mm: float = 8.0
    augment_type: str = "auto"
    augment_reach_mm: float = 20.0
    augment_envelope_mm: float = 0.0
    dome_support_mm: float = 3.0
    augment_minimum_thickness_mm: float = 5.0
    augment_minimum_width_mm: float = 18.0
    augment_flange: str = "none"
    flange_thickness_mm: float = 4.0
    flange_width_mm: float = 20.0
    flange_length_mm: float = 32.0
    flange_screw_count: int = 2
    augment_minimum_volume_ml: float = 2.0
    work_spacing_mm: float = 0.6
    porous_layer_mm: float = 2.0
    porosity: float = 0.65
    cell_size_mm: float | None = None
    lattice: str = "gyroid"
    lattice_style: str = "network"
    part_pitch_mm: float = 0.2
    defect_radius_mm: float = 60.0
    defect_spacing_mm: float = 1.2
    defect_noise_mm: float = 1.5
    screw_count_max: int = 3
    augment_screw_count_max: int = 2
    screw_diameter_mm: float = 6.5
    screw_longest_mm: float = 50.0
    screw_channel_mm: float = 0.5
    screw_clearance_mm: float = 2.0
    screw_tip_margin_mm: float = 2.0
    screw_minimum_bone_mm: float = 15.0
    screw_vessel_distance_mm: float = 5.0
    head_diameter_mm: float = 32.0
    neck_diameter_mm: float = 12.5
    neck_length_mm: float = 40.0
    ccd_deg: float = 135.0
    stem_anteversion_deg: float = 15.0
    shaft_valgus_deg: float = 6.0
    liner_face_mm: float = 0.0
    neck_resection_mm: float = 25.0
    cup_diameter_mm: float | None = None
    cup_centre_lps_mm: tuple[float, float, float] | None = None
    inclination_deg: float | None = None
    anteversion_deg: float | None = None

    def __post_init__(self) -> None:
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise UsageError(f"{name} = {value:g} is out of range: give a value from {low:g} to {high:g}")
        for name, choices in _CHOICES.items():
            if (value := getattr(self, name)) not in choices:
                raise UsageError(f"{name.replace('_', ' ')} '{value}' is unknown: choose one of {', '.join(choices)}")
        if self.screw_diameter_mm not in SCREW_DIAMETERS_MM:
            sizes = ", ".join(f"{diameter:g}" for diameter in SCREW_DIAMETERS_MM)
            raise UsageError(f"no screw of {self.screw_diameter_mm:g} mm in the catalogue: choose {sizes} mm")

    def as_record(self) -> dict[str, float | str]:
        """Return every setting by name, for ``plan.json``; a value left free reads ``auto``.

        The terms of the cup search stand with the cups that they weighed.
        """
        record: dict[str, float | str] = {}
        for name, value in ((f.name, getattr(self, f.name)) for f in fields(self) if f.name != "cup_terms"):
            if isinstance(value, CupCatalogue):
                record[name] = value.name
            elif name == "cup_centre_lps_mm" and value is not None:
                record |= {f"cup_centre_{axis}_lps_mm": float(v) for axis, v in zip("xyz", value, strict=True)}
            else:
                record[name] = "auto" if value is None else value
        return record


_RANGES = (
    ("target_inclination_deg", 0.0, 90.0),
    ("target_anteversion_deg", -45.0, 60.0),
    ("inclination_deg", 0.0, 90.0),
    ("anteversion_deg", -45.0, 60.0),
    ("cup_diameter_mm", 30.0, 100.0),
    ("cup_over_head_mm", 0.0, 20.0),
    ("cup_downsize_mm", 0.0, 20.0),
    ("cup_upsize_mm", 0.0, 20.0),
    ("cup_column_mm", 0.0, 10.0),
    ("cup_search_mm", 0.0, 20.0),
    ("press_fit_mm", 0.0, 4.0),
    ("cement_gap_mm", 0.0, 5.0),
    ("seat_offset_mm", 0.0, 3.0),
    ("seat_roughness_mm", 0.0, 10.0),
    ("augment_reach_mm", 1.0, 60.0),
    ("dome_support_mm", 0.0, 10.0),
    ("augment_minimum_thickness_mm", 1.0, 20.0),
    ("augment_minimum_width_mm", 0.0, 40.0),
    ("flange_thickness_mm", 2.0, 10.0),
    ("flange_width_mm", 12.0, 40.0),
    ("flange_length_mm", 20.0, 60.0),
    ("flange_screw_count", 0, 4),
    ("work_spacing_mm", 0.2, 2.0),
    ("defect_spacing_mm", 0.3, 3.0),
    ("porous_layer_mm", 0.0, 10.0),
    ("porosity", 0.4, 0.9),
    ("cell_size_mm", 0.8, 5.0),
    ("part_pitch_mm", 0.08, 0.5),
    ("screw_count_max", 0, 6),
    ("augment_screw_count_max", 0, 4),
    ("screw_vessel_distance_mm", 0.0, 30.0),
    ("head_diameter_mm", 22.0, 60.0),
    ("neck_diameter_mm", 8.0, 20.0),
    ("neck_length_mm", 20.0, 70.0),
    ("ccd_deg", 115.0, 150.0),
    ("stem_anteversion_deg", -20.0, 50.0),
    ("shaft_valgus_deg", 0.0, 12.0),
    ("liner_face_mm", -8.0, 8.0),
    ("neck_resection_mm", 10.0, 50.0),
    ("screw_longest_mm", 15.0, 80.0),
    ("screw_channel_mm", 0.0, 3.0),
    ("screw_clearance_mm", 0.0, 20.0),
)

_CHOICES = {
    "augment_type": AUGMENT_TYPES,
    "augment_flange": ("none", "iliac", "ischial", "both"),
    "lattice": ("gyroid", "diamond", "primitive"),
    "lattice_style": ("network", "sheet"),
}
