"""``coxa landmarks``: the landmarks of a measured case, those with warnings first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coxa.cli.console import command_console
from coxa.cli.options import AsJson, Verbose, Version

if TYPE_CHECKING:
    from coxa.anatomy import Landmark
    from coxa.case import Landmarks

CasePath = Annotated[
    Path,
    typer.Argument(metavar="CASE", show_default=False, help="A folder that `coxa measure` or `coxa plan` wrote."),
]
WORST_FIRST = ("failed", "not_measurable", "warn", "ok")


def landmarks(case: CasePath, as_json: AsJson = False, verbose: Verbose = False, version: Version = False) -> None:
    """List a case's landmarks with status and uncertainty, those with warnings first.

    To correct one: open landmarks.mrk.json of the case in 3D Slicer, move the point, save, and give the file to
    `coxa measure` or `coxa plan` with --landmarks.

    $ coxa landmarks result/
    """
    with command_console(as_json, verbose) as console:
        from coxa.io.records.case_files import case_to_json, read_case

        measured = read_case(case / "measurements.json" if case.is_dir() else case)
        ordered = doubtful_first(measured.landmarks)
        console.say(landmark_table(ordered))
        content = case_to_json(measured)["landmarks"]
        console.finish(
            {"case_id": measured.case_id, "landmarks": {mark.name: content[mark.name] for mark in ordered}}, 0
        )


def doubtful_first(found: Landmarks) -> list[Landmark]:
    """Return the landmarks by status, the worst first, and within it by stated radius, the largest first."""
    return sorted(
        found.points.values(),
        key=lambda mark: (WORST_FIRST.index(str(mark.status)), -(mark.uncertainty_mm or 0.0), mark.name),
    )


def landmark_table(marks: list[Landmark]) -> Any:
    """Return the table for a terminal."""
    from coxa.cli.plain_table import plain_table

    table = plain_table("landmark", "status", "LPS mm", "± mm", "how", "moved by mm", "reason")
    for mark in marks:
        place = "" if mark.position_lps_mm is None else ", ".join(f"{x:.1f}" for x in mark.position_lps_mm)
        radius = "" if mark.uncertainty_mm is None else f"{mark.uncertainty_mm:.1f}"
        moved = "" if mark.moved_mm is None else f"{mark.moved_mm:.1f}"
        table.add_row(mark.name, str(mark.status), place, radius, mark.method, moved, mark.reason or "")
    return table
