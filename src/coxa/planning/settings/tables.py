"""Settings from the tables of a file: a table a group, one value a setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields, replace
from typing import Any

from coxa.errors import UsageError
from coxa.planning.settings.cup_terms import CupTerms
from coxa.planning.settings.declare import AUTO, Group, declared, default_of
from coxa.planning.settings.plan_settings import PlanSettings, group_of, nearest


def settings_from_tables(tables: Mapping[str, Any]) -> PlanSettings:
    """Return settings with what the tables set; the rest by default.

    Parameters
    ----------
    tables : Mapping[str, Any]
        ``{"screws": {"screw_diameter_mm": 5.5}, "cup_terms": {"centre": {"weight": 2.0}}}``; ``auto`` leaves to the
        plan what may be left to it.

    Raises
    ------
    UsageError
        When a group or setting is unknown or stands in the wrong group, or a value is refused.
    """
    defaults = PlanSettings()
    groups = tuple(of.name for of in fields(defaults))
    changed: dict[str, Group] = {}
    for name, content in tables.items():
        values = _table(name, content, groups)
        group: Group = getattr(defaults, name)
        changed[name] = _terms(group, values) if isinstance(group, CupTerms) else _group(name, group, values)
    return replace(defaults, **changed)  # type: ignore[arg-type]


def _group(table: str, group: Group, values: Mapping[str, Any]) -> Group:
    """Return a group with the values of its table."""
    known = {of.name: of for of in fields(group)}
    for name in values:
        if name not in known:
            raise UsageError(f"[{table}] {_unknown_setting(name, tuple(known))}")
    try:
        return replace(group, **{name: _value(known[name], value) for name, value in values.items()})
    except UsageError as error:
        raise UsageError(f"[{table}] {error}") from error


def _terms(terms: CupTerms, values: Mapping[str, Any]) -> CupTerms:
    known = tuple(f"cup_terms.{of.name}" for of in fields(terms))
    changed: dict[str, Group] = {}
    for name, content in values.items():
        values_of_term = _table(f"cup_terms.{name}", content, known)
        changed[name] = _group(f"cup_terms.{name}", getattr(terms, name), values_of_term)
    return replace(terms, **changed)  # type: ignore[arg-type]


def _value(of: Field[Any], value: Any) -> Any:
    """Return a value as its group takes it; ``auto`` is the default of what is left to the plan."""
    says = declared(of)
    return default_of(of) if says.optional and value == AUTO else value


def _table(name: str, content: Any, known: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the content of a table; ``name`` is that of one of the ``known``."""
    if name not in known and not isinstance(content, Mapping):
        raise UsageError(f"'{name}' stands in no group: write it under [{group_of(name)}]")
    if name not in known:
        raise UsageError(f"[{name}] is no group of settings: {nearest(name, known)}use one of {', '.join(known)}")
    if not isinstance(content, Mapping):
        raise UsageError(f"'{name}' is a group of settings, not a value: write them under [{name}]")
    return content


def _unknown_setting(name: str, known: tuple[str, ...]) -> str:
    try:
        return f"'{name}' is a setting of another group: write it under [{group_of(name)}]"
    except UsageError:
        return f"has no setting '{name}': {nearest(name, known)}use one of {', '.join(known)}"
