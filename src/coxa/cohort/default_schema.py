"""The schema used when a study brings none: the usual outcomes of acetabular revision, found by their column names."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import replace
from importlib.resources import files

from coxa.cohort.schema import Outcome, StudySchema, schema_from_mapping
from coxa.errors import InputRefusedError

DEFAULT_FILE = "revision_study.toml"


def default_schema() -> StudySchema:
    """Return the schema that comes with Coxa, with every column it knows."""
    return schema_from_mapping(tomllib.loads((files("coxa.cohort") / DEFAULT_FILE).read_text(encoding="utf-8")))


def schema_for(columns: Collection[str]) -> StudySchema:
    """Return the default schema cut down to a table's columns.

    Raises
    ------
    InputRefusedError
        When the table has none of its outcomes, or no column of patients.
    """
    known = default_schema()
    visit = known.visit if known.visit in columns else None
    outcomes = tuple(o for o in (_present(outcome, columns, visit) for outcome in known.outcomes) if o is not None)
    if not outcomes or known.patient not in columns:
        names = ", ".join(dict.fromkeys(column for outcome in known.outcomes for column in outcome.columns))
        raise InputRefusedError(
            f"the table has no column '{known.patient}' or none of {names}: describe it in a schema (--schema FILE)"
        )
    group, side = (name if name in columns else None for name in (known.group, known.side))
    return replace(known, outcomes=outcomes, visit=visit, group=group, side=side)


def _present(outcome: Outcome, columns: Collection[str], visit: str | None) -> Outcome | None:
    """Return the outcome with those of its columns that the table has; a row a visit has one column for both."""
    if visit is not None:
        plain = outcome.after.removesuffix("_after")
        return replace(outcome, after=plain, before=None) if plain in columns else None
    if outcome.after not in columns:
        return None
    return outcome if outcome.before in columns else replace(outcome, before=None)
