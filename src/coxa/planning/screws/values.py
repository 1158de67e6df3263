"""One screw, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from coxa.geometry.arrays import FloatArray, Vector3


@dataclass(frozen=True, eq=False)
class Screw:
    """One screw through cup or augment; LPS mm.

    Attributes
    ----------
    entry_lps_mm, direction_lps : ndarray (3,)
        Where it enters the cup's or the augment's outer surface, and the unit vector into the bone.
    diameter_mm, length_mm : float
    bone_length_mm : float
        Length of its axis inside the host bone.
    mean_hu : float or None
        Mean HU along that length where metal does not disturb it; None when that is less than half of the length.
    quadrant : str
    note : str
    through : str
        ``cup``, ``cup and augment``, ``augment`` or ``flange``.
    hu_trusted_fraction : float
        Share of the length in bone whose HU metal does not disturb.
    exit_lps_mm : ndarray (3,) or None
        Where its axis, followed on, leaves the bone; None when that is far beyond the tip.
    exit_beyond_tip_mm : float or None
        How far beyond the tip that is; negative when the tip stands out.
    exit_table : str or None
        ``inner table``, ``outer table`` or ``edge``.
    protrusion_mm : float
        How far the tip protrudes from the bone on the far side: on its axis or anywhere along its edge.
    clearance_mm : float or None
        Between its surface and that of the nearest other screw; None when it is the only one.
    vessel_distance_mm : float or None
        Between its surface and the nearest vessel; None without a vessel mask.
    tip_outside_fraction : float
        Share of the tip's edge that lies outside the bone.
    """

    entry_lps_mm: Vector3
    direction_lps: Vector3
    diameter_mm: float
    length_mm: float
    bone_length_mm: float
    mean_hu: float | None
    quadrant: str
    note: str
    through: str = "cup"
    hu_trusted_fraction: float = 1.0
    exit_lps_mm: Vector3 | None = None
    exit_beyond_tip_mm: float | None = None
    exit_table: str | None = None
    protrusion_mm: float = 0.0
    clearance_mm: float | None = None
    vessel_distance_mm: float | None = None
    tip_outside_fraction: float = 0.0

    @property
    def tip_lps_mm(self) -> FloatArray:
        """The tip (3,)."""
        return self.entry_lps_mm + self.length_mm * self.direction_lps
