"""The frozen plan, what proposes one, and what evaluates one."""

from coxa.planning.plan import Plan
from coxa.planning.propose import PlannedReconstruction, propose_plan
from coxa.planning.settings import PlanSettings

__all__ = ["Plan", "PlanSettings", "PlannedReconstruction", "propose_plan"]
