"""``coxa evaluate`` and ``coxa compare-plans``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coxa.cli.console import DONE, INCOMPLETE, command_console
from coxa.cli.options import AsJson, Verbose, Version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from coxa.planning.compare_plans import FigureRow

_PLAN_HELP = "A folder made by `coxa plan`, or its plan.json."
PlanPath = Annotated[Path, typer.Argument(metavar="PLAN", show_default=False, help=_PLAN_HELP)]
FirstPlan = Annotated[Path, typer.Argument(metavar="FIRST", show_default=False, help=_PLAN_HELP)]
SecondPlan = Annotated[Path, typer.Argument(metavar="SECOND", show_default=False, help="Another plan of the same hip.")]


def evaluate(plan: PlanPath, as_json: AsJson = False, verbose: Verbose = False, version: Version = False) -> None:
    """Work a saved plan's figures out again from its own meshes, without the CT.

    Exits 0 when they are the saved ones, and 1 when they are not: the plan was changed since.

    $ coxa evaluate plans/left
    """
    with command_console(as_json, verbose) as console:
        from coxa.io.records.plan_files import plan_to_json, read_plan, read_plan_meshes
        from coxa.planning.compare_plans import compare_plans
        from coxa.planning.evaluate import evaluate_plan

        saved = read_plan(plan)
        again = evaluate_plan(saved, read_plan_meshes(plan, saved))
        rows = compare_plans(saved, again)
        changed = [row.name for row in rows if not row.is_same]
        console.say(_table(f"plan, {saved.side} hip", "saved", "evaluated", rows))
        console.say(f"not as saved: {', '.join(changed)}" if changed else "all figures are as saved")
        document = {"figures": _figures(rows), "changed": changed, "plan": plan_to_json(again)}
        console.finish(document, INCOMPLETE if changed else DONE)


def compare_plans(
    first: FirstPlan, second: SecondPlan, as_json: AsJson = False, verbose: Verbose = False, version: Version = False
) -> None:
    """Set two plans of the same hip beside each other, figure by figure.

    $ coxa compare-plans plans/left plans/left_62mm
    """
    with command_console(as_json, verbose) as console:
        from coxa.io.records.plan_files import read_plan
        from coxa.planning import compare_plans as what_if

        one, other = read_plan(first), read_plan(second)
        rows = what_if.compare_plans(one, other)
        console.say(_table(f"plans, {one.side} hip", "first", "second", rows))
        console.finish({"figures": _figures(rows)})


def _table(title: str, first: str, second: str, rows: Sequence[FigureRow]) -> Table:
    from coxa.cli.plain_table import plain_table

    table = plain_table(title, first, second, "difference", "unit")
    for row in rows:
        difference = "" if row.is_same else "–" if row.difference is None else f"{row.difference:+.2f}"
        table.add_row(row.name, _cell(row.first), _cell(row.second), difference, "" if row.unit == "1" else row.unit)
    return table


def _cell(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def _figures(rows: Sequence[FigureRow]) -> list[dict[str, Any]]:
    return [
        {"name": r.name, "unit": r.unit, "first": r.first, "second": r.second, "difference": r.difference} for r in rows
    ]
