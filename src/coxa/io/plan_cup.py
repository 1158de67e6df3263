"""The part of ``plan.json`` that says why this cup: proposal, alternatives, and the terms that weighed them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from coxa.geometry.arrays import read_only
from coxa.planning.cup_choice import CupChoice, CupFigures, CupOption, CupTerms, Term
from coxa.planning.plan import PlannedCup


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
    names = [f.name for f in fields(CupChoice) if f.name not in ("options", "terms")]
    if not content["options"]:
        raise ValueError("cup_choice without an option")
    return CupChoice(
        options=tuple(_option(item) for item in content["options"]),
        terms=terms,
        **{name: content[name] for name in names},
    )


def _option(content: Mapping[str, Any]) -> CupOption:
    cup = dict(content["cup"])
    for name in ("centre_lps_mm", "axis_lps"):
        cup[name] = read_only(cup[name], (3,))
    figures = {f.name: content["figures"][f.name] for f in fields(CupFigures)}
    return CupOption(content["name"], PlannedCup(**cup), CupFigures(**figures))
