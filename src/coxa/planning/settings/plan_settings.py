"""All settings of a plan: groups by room, one flat name each."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cache
from typing import Any, cast

from coxa.errors import UsageError
from coxa.planning.settings.augment_settings import AugmentSettings
from coxa.planning.settings.catalogue import CupCatalogue
from coxa.planning.settings.cup_settings import CupSettings
from coxa.planning.settings.cup_terms import CupTerms
from coxa.planning.settings.declare import AUTO, Group
from coxa.planning.settings.defect_settings import DefectSettings
from coxa.planning.settings.motion_settings import MotionSettings
from coxa.planning.settings.screw_settings import ScrewSettings
from coxa.planning.settings.site_settings import SiteSettings


@dataclass(frozen=True)
class PlanSettings:
    """What a surgeon or engineer may want otherwise; ``coxa settings`` prints each with its meaning.

    Attributes
    ----------
    cup : CupSettings
    cup_terms : CupTerms
    defect : DefectSettings
    site : SiteSettings
    augment : AugmentSettings
    screws : ScrewSettings
    motion : MotionSettings
    """

    cup: CupSettings = field(default_factory=CupSettings)
    cup_terms: CupTerms = field(default_factory=CupTerms)
    defect: DefectSettings = field(default_factory=DefectSettings)
    site: SiteSettings = field(default_factory=SiteSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    screws: ScrewSettings = field(default_factory=ScrewSettings)
    motion: MotionSettings = field(default_factory=MotionSettings)

    @classmethod
    def of(cls, **chosen: Any) -> PlanSettings:
        """Return settings with what is chosen by its flat name, ``of(screw_diameter_mm=5.5)``; the rest by default.

        Raises
        ------
        UsageError
            When there is no setting of that name, or its value is refused.
        """
        return cls().changed(**chosen)

    def changed(self, **chosen: Any) -> PlanSettings:
        """Return these settings with others by their flat names; ``cup_terms`` takes all terms at once.

        Raises
        ------
        UsageError
            When there is no setting of that name, or its value is refused.
        """
        groups: dict[str, Any] = {}
        if "cup_terms" in chosen:
            groups["cup_terms"] = chosen.pop("cup_terms")
        by_group: dict[str, dict[str, Any]] = {}
        for name, value in chosen.items():
            by_group.setdefault(group_of(name), {})[name] = value
        groups |= {group: replace(getattr(self, group), **values) for group, values in by_group.items()}
        return replace(self, **groups)

    def as_record(self) -> dict[str, float | str]:
        """Return every setting by its flat name, for ``plan.json``; a value left to the plan reads ``auto``.

        The terms of the cup search stand with the cups that they weighed.
        """
        record: dict[str, float | str] = {}
        for name, group in _groups_by_setting().items():
            value = getattr(getattr(self, group), name)
            if isinstance(value, CupCatalogue):
                record[name] = value.name
            elif name == "cup_centre_lps_mm" and value is not None:
                record |= {f"cup_centre_{axis}_lps_mm": v for axis, v in zip("xyz", value, strict=True)}
            else:
                record[name] = AUTO if value is None else value
        return record


def group_of(name: str) -> str:
    """Return the group of a setting.

    Raises
    ------
    UsageError
        When there is no setting of that name; the message has the nearest one.
    """
    groups = _groups_by_setting()
    if name not in groups:
        raise UsageError(f"there is no setting '{name}': {nearest(name, tuple(groups))}`coxa settings` lists all")
    return groups[name]


def nearest(name: str, known: tuple[str, ...]) -> str:
    """Return a question for the known name that resembles a wrong one most; empty when none does."""
    close = get_close_matches(name, known, n=1)
    return f"did you mean '{close[0]}'? " if close else ""


def group_classes() -> dict[str, type[Group]]:
    """Return the class of each group, in order."""
    return {of.name: cast("type[Group]", of.default_factory) for of in fields(PlanSettings)}


@cache
def _groups_by_setting() -> dict[str, str]:
    flat = ((group, each) for group, each in group_classes().items() if each is not CupTerms)
    return {setting.name: group for group, each in flat for setting in fields(each)}
