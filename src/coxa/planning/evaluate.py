"""A saved plan looked at again, without the CT."""

from __future__ import annotations

from collections.abc import Mapping

from coxa.errors import InputRefusedError
from coxa.geometry.mesh import Mesh
from coxa.planning.coverage import cup_coverage
from coxa.planning.plan import Coverage, Plan


def evaluate_coverage(plan: Plan, meshes: Mapping[str, Mesh]) -> tuple[Coverage, ...]:
    """Return the coverage of the planned cup from the plan's own meshes: the same figures as when it was made.

    Parameters
    ----------
    plan : Plan
    meshes : Mapping[str, Mesh]
        Must hold ``hip_host``, and ``augment`` when the plan has one.

    Raises
    ------
    InputRefusedError
        When a mesh or a setting that the figures rest on is missing.
    """
    needed = ["hip_host", *(["augment"] if plan.augment.needed else [])]
    missing = [name for name in needed if name not in meshes]
    gap = plan.settings.get("cement_gap_mm")
    if missing or not isinstance(gap, float):
        raise InputRefusedError(
            f"the plan cannot be evaluated without {', '.join(missing) or 'its cement_gap_mm'}: "
            "copy the whole plan folder"
        )
    tolerances = tuple(shares.tolerance_mm for shares in plan.coverage)
    return cup_coverage(plan.cup, meshes["hip_host"], meshes.get("augment"), gap, tolerances)
