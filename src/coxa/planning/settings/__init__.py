"""Every convention that shapes a plan: each declared once, with its range, unit, meaning and source.

Numbers and names come in; a checked, frozen ``PlanSettings`` goes out. Knows none of the rooms that follow it.
"""

from coxa.planning.settings.plan_settings import PlanSettings

__all__ = ["PlanSettings"]
