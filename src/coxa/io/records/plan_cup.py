"""The parts of ``plan.json`` about the cup: its alternatives with the terms that weighed them, and its coverage map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from coxa.geometry.arrays import read_only
from coxa.planning.cup.choice import CupChoice, CupMetrics, CupOption
from coxa.planning.cup.coverage_map import CoverageMap, GapRows
from coxa.planning.cup.values import PlannedCup
from coxa.planning.settings.cup_terms import CupTerms, Term


def cup_choice_from_json(content: Mapping[str, Any] | None) -> CupChoice | None:
    """Build the choice from its JSON object; None from plans of before there was one.

    Raises
    ------
    KeyError, TypeError, ValueError
        When something is missing or of another kind.
    """
    if content is None:
        return None
    terms = CupTerms(**{f.name: Term(**content["terms"][f.name]) for f in fields(CupTerms)})
    names = [f.name for f in fields(CupChoice) if f.name not in ("options", "terms", "host_by_distance")]
    if not content["options"]:
        raise ValueError("cup_choice without an option")
    return CupChoice(
        options=tuple(_option(item) for item in content["options"]),
        terms=terms,
        host_by_distance=tuple((float(mm), float(share)) for mm, share in content.get("host_by_distance", ())),
        **{name: content[name] for name in names},
    )


def coverage_map_from_json(content: Mapping[str, Any] | None) -> CoverageMap | None:
    """Build the map from its JSON object; None from plans of before there was one.

    Raises
    ------
    KeyError, TypeError, ValueError
        When something is missing, or the rows do not fit the angles.
    """
    if content is None:
        return None
    apex, clock = (tuple(float(angle) for angle in content[name]) for name in ("from_apex_deg", "clock_deg"))
    host, augment = (_rows(content[name], len(apex), len(clock)) for name in ("host_gap_mm", "augment_gap_mm"))
    return CoverageMap(apex, clock, host, augment)


def _rows(content: Any, rows: int, columns: int) -> GapRows:
    found = tuple(tuple(None if gap is None else float(gap) for gap in row) for row in content)
    if len(found) != rows or any(len(row) != columns for row in found):
        raise ValueError("a coverage map whose rows and columns do not fit its angles")
    return found


def _option(content: Mapping[str, Any]) -> CupOption:
    cup = dict(content["cup"])
    for name in ("centre_lps_mm", "axis_lps"):
        cup[name] = read_only(cup[name], (3,))
    figures = {f.name: content["figures"][f.name] for f in fields(CupMetrics)}
    return CupOption(content["name"], PlannedCup(**cup), CupMetrics(**figures))
