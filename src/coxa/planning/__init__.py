"""The frozen plan, what proposes one, and what evaluates one.

A measured case with surfaces and labels comes in; a frozen plan with its meshes goes out. Knows no file format.
Names are loaded when they are first used: whoever needs the settings only does not load what a proposal needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coxa.planning.plan import Plan
    from coxa.planning.propose import PlannedReconstruction, propose_plan
    from coxa.planning.settings import PlanSettings

__all__ = ["Plan", "PlanSettings", "PlannedReconstruction", "propose_plan"]

_ROOM_OF = {"Plan": "plan", "PlanSettings": "settings", "PlannedReconstruction": "propose", "propose_plan": "propose"}


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
