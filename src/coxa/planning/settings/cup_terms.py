"""What the search for a cup weighs, and how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from coxa.errors import UsageError
from coxa.geometry.arrays import FloatArray


@dataclass(frozen=True)
class Term:
    """One wish of the cup search; nothing exceeded costs nothing.

    The cost is ``weight * (excess / limit)**2`` up to the limit and goes on as a straight line from there, so that a
    wish that cannot be had does not outweigh all others.

    Attributes
    ----------
    weight : float
    limit : float
        The excess that costs ``weight``; in the unit of what is weighed.
    """

    weight: float
    limit: float

    def __post_init__(self) -> None:
        if not (self.weight >= 0 and self.limit > 0):
            raise UsageError(f"weight {self.weight:g} must be 0 or more and limit {self.limit:g} more than 0")

    def cost(self, excess: float | FloatArray) -> FloatArray:
        """Return the cost of an excess, element by element."""
        ratio = np.maximum(excess, 0.0) / self.limit
        return np.asarray(self.weight * np.where(ratio <= 1.0, ratio**2, 2.0 * ratio - 1.0))


@dataclass(frozen=True)
class CupTerms:
    """What the cup search weighs; the sum of the costs is made small. All weights and limits are [E] unless said.

    Attributes
    ----------
    centre : Term
        Distance of the cup's centre from the target centre, mm.
    angles : Term
        Radiographic inclination and anteversion off the target angles, root of the squares' sum, degrees.
    host_coverage : Term
        Host coverage within 1 mm short of 0.70, from where on it counts as good [S]; as a share.
    medial_wall : Term
        Bone behind the cup toward the midline, thinner than 2 mm, where there is a wall today; mm.
    protrusion : Term
        How far the cup stands through the inner table of the pelvis (where the wall is gone, of the native one); mm.
    size : Term
        Outer diameter off what the native head suggests; mm.
    bone_removed : Term
        Host bone that gives way to the cup; ml.
    """

    centre: Term = Term(1.0, 2.0)
    angles: Term = Term(1.0, 5.0)
    host_coverage: Term = Term(1.0, 0.20)
    medial_wall: Term = Term(2.0, 2.0)
    protrusion: Term = Term(4.0, 1.0)
    size: Term = Term(1.0, 6.0)
    bone_removed: Term = Term(0.5, 10.0)

    def costs(self, excess: Mapping[str, float | FloatArray]) -> dict[str, FloatArray]:
        """Return the cost of each term for its excess."""
        return {term.name: getattr(self, term.name).cost(excess[term.name]) for term in fields(self)}
