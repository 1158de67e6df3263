"""Whether a plan still holds together: an augment is made for one cup and for the screws that pass through it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from coxa.planning.cup.values import PlannedCup
from coxa.planning.plan import Plan
from coxa.planning.screws.flange_screws import FLANGE
from coxa.planning.screws.paths import AUGMENT, CUP_AND_AUGMENT
from coxa.planning.screws.values import Screw

PASSING = (CUP_AND_AUGMENT, AUGMENT, FLANGE)
"""Screws whose holes are in the augment."""

DECIMALS = 3
"""Places are compared to a micrometre, directions to a thousandth [E]."""

SAME_DEG = 0.5
"""A cup whose axis is no farther from its angles, or from the axis it was planned with, was not turned [E]."""

SAME_MM = 0.1
"""A cup, or a screw's path through the bone, that differs by no more from the saved one was not moved [E]."""

OUTDATED = (
    "the augment was made for another cup position or other screws than the plan now holds: it is outdated; plan again "
    "with the cup as it should be (--cup-diameter, --cup-center, --inclination, --anteversion)"
)


def made_for_sha256(cup: PlannedCup, screws: Sequence[Screw]) -> str:
    """Return the fingerprint of what an augment is made for: the cup in place, and the holes of its screws."""
    numbers = [cup.outer_diameter_mm, *cup.centre_lps_mm, *cup.axis_lps]
    for screw in screws:
        if screw.through in PASSING:
            numbers += [screw.diameter_mm, *screw.entry_lps_mm, *screw.direction_lps]
    rounded = np.round(np.array(numbers, dtype=np.float64), DECIMALS) + 0.0  # no negative zero
    return hashlib.sha256(rounded.astype("<f8").tobytes()).hexdigest()


def is_outdated(plan: Plan) -> bool:
    """Tell whether the plan's augment was made for another cup, or other screws, than the plan holds now."""
    if not plan.augment.needed:
        return False
    if plan.augment.made_for_sha256 is None:  # a plan of an older version tells it from its cup alone
        return cup_was_changed(plan)
    return plan.augment.made_for_sha256 != made_for_sha256(plan.cup, plan.screws)


def cup_was_changed(plan: Plan) -> bool:
    """Tell from the proposal, which keeps the cup as it was planned."""
    if plan.cup_choice is None:
        return False
    planned = plan.cup_choice.proposal.cup
    return (
        float(np.linalg.norm(planned.centre_lps_mm - plan.cup.centre_lps_mm)) > SAME_MM
        or abs(planned.outer_diameter_mm - plan.cup.outer_diameter_mm) > SAME_MM
        or float(planned.axis_lps @ plan.cup.axis_lps) < np.cos(np.radians(SAME_DEG))
    )
