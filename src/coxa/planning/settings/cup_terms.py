"""What the search for a cup weighs, and how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar

from coxa.planning.settings.declare import Declared, DeclaredNumber, DeclaredValue, Group, declaration

if TYPE_CHECKING:
    from coxa.geometry.arrays import FloatArray


@dataclass(frozen=True)
class Term(Group):
    """One criterion of the cup search; nothing exceeded costs nothing.

    The cost is ``weight * (excess / limit)**2`` up to the limit and goes on as a straight line from there, so that a
    criterion that cannot be met does not outweigh all others.
    """

    words: ClassVar[str] = "One criterion of the cup search."

    weight: float = field(
        metadata=declaration(
            DeclaredNumber(
                low=0.0,
                high=1000.0,
                meaning="Cost of an excess as large as the limit; 0 leaves the criterion out.",
                source="[E] only ratios of weights matter; beyond 1000 to 1 one criterion decides alone.",
            )
        )
    )
    limit: float = field(
        metadata=declaration(
            DeclaredNumber(
                low=0.001, high=1000.0, meaning="Excess that costs the weight.", source="[E] above 0, since it divides."
            )
        )
    )

    def cost(self, excess: float | FloatArray) -> FloatArray:
        """Return the cost of an excess, element by element."""
        import numpy as np

        ratio = np.maximum(excess, 0.0) / self.limit
        return np.asarray(self.weight * np.where(ratio <= 1.0, ratio**2, 2.0 * ratio - 1.0))


def _criterion(*, unit: str = "", meaning: str, source: str = "[E]") -> Mapping[str, Declared]:
    """Declare a criterion; ``unit`` is that of its excess and limit."""
    return declaration(
        DeclaredValue(kind=Term, words="a weight and a limit", unit=unit, meaning=meaning, source=source)
    )


@dataclass(frozen=True)
class CupTerms(Group):
    """What the cup search weighs; the sum of the costs is minimised."""

    words: ClassVar[str] = (
        "Criteria of the cup search. Each costs weight * (excess / limit)**2 up to its limit, and rises as a straight "
        "line from there, so that one that cannot be met does not outweigh all others; the sum is minimised. [E]"
    )

    centre: Term = field(
        default=Term(1.0, 2.0),
        metadata=_criterion(
            unit="mm",
            meaning="Distance of the cup's centre from the target centre.",
        ),
    )
    angles: Term = field(
        default=Term(1.0, 5.0),
        metadata=_criterion(
            unit="°",
            meaning="Radiographic inclination and anteversion off the target angles, root of the sum of squares.",
        ),
    )
    host_coverage: Term = field(
        default=Term(1.0, 0.20),
        metadata=_criterion(
            meaning="Host bone within 1 mm, as far as it is short of 0.70 of the hemisphere.",
            source="[E] 0.70 counts as good.",
        ),
    )
    medial_wall: Term = field(
        default=Term(2.0, 2.0),
        metadata=_criterion(
            unit="mm",
            meaning="Medial bone behind the cup, as far as it is thinner than 2 mm where there is a wall today.",
        ),
    )
    protrusion: Term = field(
        default=Term(4.0, 1.0),
        metadata=_criterion(
            unit="mm",
            meaning="Protrusion of the cup through the inner table of the pelvis; where that is lost, the native one.",
        ),
    )
    size: Term = field(
        default=Term(1.0, 6.0),
        metadata=_criterion(
            unit="mm",
            meaning="Outer diameter off what the native head suggests.",
        ),
    )
    bone_removed: Term = field(
        default=Term(0.5, 10.0),
        metadata=_criterion(
            unit="ml",
            meaning="Host bone that is reamed away for the cup.",
        ),
    )

    def costs(self, excess: Mapping[str, float | FloatArray]) -> dict[str, FloatArray]:
        """Return the cost of each term for its excess."""
        return {term.name: getattr(self, term.name).cost(excess[term.name]) for term in fields(self)}
