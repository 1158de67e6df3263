"""The analysis of a study: every table of the report as frozen results, from patients or from summary statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coxa.cohort.adjusted import adjusted_difference
from coxa.cohort.between import compare_groups
from coxa.cohort.multiple_testing import with_holm
from coxa.cohort.proportions import compare_proportions
from coxa.cohort.results import Adjusted, Comparison
from coxa.cohort.schema import Outcome, StudySchema
from coxa.cohort.table import StudyTable
from coxa.cohort.within import compare_visits


@dataclass(frozen=True, eq=False)
class Study:
    """Everything that was found.

    Attributes
    ----------
    schema : StudySchema
    labels : tuple of str
        Groups, one or two.
    sizes : tuple of int
        Patients in each.
    between, baseline, within : tuple of Comparison
        Groups after treatment; groups before it (no family: a check of comparability); before and after.
    adjusted : tuple of Adjusted
    table : StudyTable or None
        The patients' values; None when only summaries were given.
    remarks : tuple of str
    """

    schema: StudySchema
    labels: tuple[str, ...]
    sizes: tuple[int, ...]
    between: tuple[Comparison, ...]
    baseline: tuple[Comparison, ...]
    within: tuple[Comparison, ...]
    adjusted: tuple[Adjusted, ...]
    table: StudyTable | None
    remarks: tuple[str, ...] = ()


def analyse(table: StudyTable, schema: StudySchema, remarks: Sequence[str] = ()) -> Study:
    """Compare groups after and before treatment, before with after in each group, and groups at equal baseline."""
    labels = table.labels
    sizes = tuple(table.groups.count(label) for label in labels)
    between: tuple[Comparison, ...] = ()
    baseline: tuple[Comparison, ...] = ()
    adjusted: tuple[Adjusted, ...] = ()
    if len(labels) == 2:
        pair = (labels[0], labels[1])
        between = tuple(_groups(table, outcome, pair, "after") for outcome in schema.outcomes)
        baseline = tuple(_groups(table, o, pair, "before") for o in schema.outcomes if _is_paired(table, o))
        adjusted = tuple(_adjusted(table, o, pair) for o in schema.outcomes if _is_paired(table, o) and _continuous(o))
    within = tuple(
        compare_visits(o, label, table.of_group(o.name, "before", label), table.of_group(o.name, "after", label))
        for o in schema.outcomes
        if _is_paired(table, o) and _continuous(o)
        for label in labels
    )
    return Study(
        schema,
        labels,
        sizes,
        with_holm(between, _family(schema, schema.family_between)),
        baseline,
        with_holm(within, _family(schema, schema.family_within)),
        adjusted,
        table,
        (*remarks, *_not_compared(schema, (*between, *within))),
    )


def _not_compared(schema: StudySchema, comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    found = {c.outcome for c in comparisons}
    why = "not compared: in a single group only a continuous outcome measured before and after can be"
    return tuple(f"{o.label}: {why}" for o in schema.outcomes if o.name not in found)


def _family(schema: StudySchema, declared: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(outcome.name for outcome in schema.outcomes) if declared is None else declared


def _is_paired(table: StudyTable, outcome: Outcome) -> bool:
    return (outcome.name, "before") in table.values


def _continuous(outcome: Outcome) -> bool:
    return outcome.kind == "continuous"


def _groups(table: StudyTable, outcome: Outcome, labels: tuple[str, str], visit: str) -> Comparison:
    first, second = (table.of_group(outcome.name, visit, label) for label in labels)
    design = "between" if visit == "after" else "baseline"
    if not _continuous(outcome):
        return compare_proportions(outcome, labels, first, second, design)
    return compare_groups(outcome, labels, first, second, design)


def _adjusted(table: StudyTable, outcome: Outcome, labels: tuple[str, str]) -> Adjusted:
    before, after = (table.values[outcome.name, visit] for visit in ("before", "after"))
    return adjusted_difference(outcome.name, before, after, table.groups, labels)
