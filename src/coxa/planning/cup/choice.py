"""The cup that is proposed and its alternatives, as values: what each costs and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from coxa.planning.cup.values import PlannedCup
from coxa.planning.settings.cup_terms import CupTerms


@dataclass(frozen=True)
class CupMetrics:
    """What there is to say about one cup in place.

    Attributes
    ----------
    centre_lateral_mm, centre_posterior_mm, centre_superior_mm : float
        Cup centre minus target centre in the APP frame.
    centre_distance_mm : float
    host_fraction_1mm, host_fraction_2mm, host_fraction_3mm : float
        Share of the hemisphere with host bone within 1, 2 and 3 mm.
    medial_wall_mm : float or None
        Bone left behind the cup toward the midline (10th percentile over the directions that have a wall today);
        None when there is no wall.
    medial_wall_open_fraction : float
        Share of the directions toward the midline without a wall today: it is lost, or metal hides it.
    protrusion_mm : float or None
        How far the cup stands through the inner table (90th percentile); None when there is no table to compare with.
    bone_removed_ml : float
        Host bone within the cup's half ball.
    costs : Mapping[str, float]
        Of each term of `CupTerms`.
    worst_term : str
        The term that costs most; ``none`` when none costs anything to speak of.
    """

    centre_lateral_mm: float
    centre_posterior_mm: float
    centre_superior_mm: float
    centre_distance_mm: float
    host_fraction_1mm: float
    host_fraction_2mm: float
    host_fraction_3mm: float
    medial_wall_mm: float | None
    medial_wall_open_fraction: float
    protrusion_mm: float | None
    bone_removed_ml: float
    costs: Mapping[str, float]
    worst_term: str

    @property
    def cost(self) -> float:
        """Sum of the costs."""
        return float(sum(self.costs.values()))

    @property
    def medial_wall_words(self) -> str:
        """The wall's thickness where it is there, and how much of it is lost or hidden by metal."""
        if self.medial_wall_mm is None:
            return "none seen"
        unknown = round(100 * self.medial_wall_open_fraction)
        return f"{self.medial_wall_mm:.1f} mm" + (f", {unknown} % of it not seen" if unknown >= 5 else "")


@dataclass(frozen=True, eq=False)
class CupOption:
    """A cup that could be used, by what it puts first."""

    name: str
    cup: PlannedCup
    figures: CupMetrics


@dataclass(frozen=True, eq=False)
class CupChoice:
    """The proposed cup, its alternatives, and what they were weighed with.

    Attributes
    ----------
    options : tuple of CupOption
        The proposal first.
    wanted_diameter_mm : float
        Outer diameter that the native head suggests.
    wanted_from : str
        Where that comes from.
    pelvis_ap_mm : float or None
        Antero-posterior diameter of the acetabulum between the outer surfaces of the columns; None when they are open.
    target_inclination_deg, target_anteversion_deg : float
    catalogue : str
    terms : CupTerms
    host_by_distance : tuple of (float, float)
        What moving the cup buys: (mm, share), the most host coverage within 1 mm that a cup of the proposed size and
        angles has with its centre no farther than that from the target, without standing further through the inner
        table. As good as the search's rays: to about a point.
    """

    options: tuple[CupOption, ...]
    wanted_diameter_mm: float
    wanted_from: str
    pelvis_ap_mm: float | None
    target_inclination_deg: float
    target_anteversion_deg: float
    catalogue: str
    terms: CupTerms = field(default_factory=CupTerms)
    host_by_distance: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if not self.options:
            raise ValueError("a choice of cups needs at least one option")

    @property
    def proposal(self) -> CupOption:
        """The proposed cup."""
        return self.options[0]

    @property
    def alternatives(self) -> tuple[CupOption, ...]:
        """The other cups."""
        return self.options[1:]
