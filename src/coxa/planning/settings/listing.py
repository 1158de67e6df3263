"""Every setting with what is declared of it, in groups; as a table of values and as a file to edit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import Field, dataclass, fields, replace
from textwrap import wrap
from typing import Any

from coxa.planning.settings.cup_terms import CupTerms, Term
from coxa.planning.settings.declare import (
    AUTO,
    Declared,
    DeclaredChoice,
    DeclaredNumber,
    DeclaredWhole,
    Group,
    declared,
    default_of,
)
from coxa.planning.settings.plan_settings import group_classes, group_of

WIDTH = 78
"""Columns of the text: a terminal of 80 shows it whole."""


HEAD = (
    "Settings of a plan for `coxa plan --settings`. Change values, or keep only the lines that differ. [E] is an "
    "expert convention, other keys are those of docs/sources.md."
)


@dataclass(frozen=True)
class Setting:
    """One setting: where it stands, its default, and what is declared of it.

    Attributes
    ----------
    group : str
        ``screws``, or ``cup_terms.centre`` for a criterion of the cup search.
    name : str
    default : float, str or tuple
        As files have it.
    declared : Declared
    """

    group: str
    name: str
    default: float | str | tuple[float, ...]
    declared: Declared

    def as_record(self) -> dict[str, Any]:
        """Return it for a program; a key that does not apply is missing."""
        says = self.declared
        ranged = {"low": says.low, "high": says.high} if isinstance(says, DeclaredNumber | DeclaredWhole) else {}
        choices = {"choices": list(says.choices)} if isinstance(says, DeclaredChoice) else {}
        return {
            "group": self.group,
            "name": self.name,
            "value": self.default,
            "unit": says.unit,
            **ranged,
            **choices,
            "optional": says.optional,
            "allowed": says.allowed,
            "meaning": says.meaning,
            "source": says.source,
        }


def all_settings() -> tuple[Setting, ...]:
    """Return every setting, group after group."""
    return tuple(setting for group, each in group_classes().items() for setting in _settings_of(group, each))


def setting_named(name: str) -> Setting:
    """Return the setting of a flat name.

    Raises
    ------
    UsageError
        When there is none.
    """
    group = group_of(name)
    return next(setting for setting in all_settings() if (setting.group, setting.name) == (group, name))


def settings_text() -> str:
    """Return all settings as a TOML file that sets what is set anyway, each under its meaning, range and source."""
    lines = [*_comment(HEAD), ""]
    for group, each in group_classes().items():
        lines += [f"[{group}]", *_comment(each.words), ""]
        if each is CupTerms:
            for criterion in fields(each):
                lines += _criterion_lines(criterion)
        else:
            for setting in _settings_of(group, each):
                values = _sentence(setting.declared.allowed)
                lines += [*_comment(setting.declared.meaning), *_comment(f"{values} {setting.declared.source}")]
                lines += [_assignment(setting), ""]
    return "\n".join(lines)


def _criterion_lines(of: Field[Any]) -> list[str]:
    says = declared(of)
    assignments = [f"{_assignment(setting)}  # {setting.declared.allowed}" for setting in _settings_of_term(of)]
    return [f"[cup_terms.{of.name}]", *_comment(f"{says.meaning} {says.source}"), *assignments, ""]


def _settings_of(group: str, each: type[Group]) -> Iterator[Setting]:
    for of in fields(each):
        if each is CupTerms:
            yield from _settings_of_term(of)
        else:
            says = declared(of)
            yield Setting(group, of.name, AUTO if says.optional else default_of(of), says)


def _settings_of_term(of: Field[Any]) -> Iterator[Setting]:
    """Yield weight and limit of a criterion; its excess has the criterion's unit."""
    criterion = declared(of)
    for each in fields(Term):
        says = declared(each)
        says = replace(says, meaning=f"{says.meaning} {criterion.meaning}")
        says = replace(says, unit=criterion.unit) if each.name == "limit" else says
        yield Setting(f"cup_terms.{of.name}", each.name, getattr(default_of(of), each.name), says)


def _assignment(setting: Setting) -> str:
    return f"{setting.name} = {json.dumps(setting.default)}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _comment(text: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ")
