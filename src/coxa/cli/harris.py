"""``coxa harris``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from coxa.cli.console import DONE, command_console
from coxa.cli.options import OUTPUT, AsJson, Verbose, Version

ItemsPath = Annotated[
    Path,
    typer.Argument(metavar="TABLE", show_default=False, help="CSV or Parquet with the items of one hip a row."),
]
OutTable = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--out",
        metavar="FILE",
        show_default=False,
        rich_help_panel=OUTPUT,
        help="Write the table with the columns harris and harris_band added, as CSV.",
    ),
]

ROWS_NAMED = 3
"""Rows named in one refusal."""


def harris(
    table: ItemsPath,
    out: OutTable = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Score the Harris hip score (0 to 100) from its items, and check VAS readings (0 to 10).

    Columns: pain, limp, support, distance, stairs, shoes, sitting, transport (in words or points); deformity, or
    fixed_flexion_deg, fixed_adduction_deg, fixed_internal_rotation_deg and leg_length_discrepancy_mm; range_of_motion
    (points), or flexion_deg, abduction_deg, external_rotation_deg and adduction_deg; vas if there is one.

    $ coxa harris items.csv -o scored.csv
    """
    with command_console(as_json, verbose) as console:
        from coxa.cli.study_summary import harris_table
        from coxa.io import finished_file
        from coxa.io.records.study_files import read_table

        frame = read_table(table)
        rows = _score(frame)
        if out is not None:
            scored = frame.assign(harris=[r["harris"] for r in rows], harris_band=[r["band"] for r in rows])
            with finished_file(out) as path:
                scored.to_csv(path, index=False, lineterminator="\n")
        console.say(harris_table(rows))
        console.finish({"scores": rows}, DONE)


def _score(frame: Any) -> list[dict[str, Any]]:
    """Score every row; all rows that cannot be scored are named together, and then nothing is scored."""
    from coxa.cohort.harris import harris_score, vas
    from coxa.cohort.table import FIRST_ROW, cell_text
    from coxa.errors import InputRefusedError

    rows: list[dict[str, Any]] = []
    problems = []
    for i, record in enumerate(frame.to_dict("records")):
        try:
            score = harris_score(record)
            pain = vas(record["vas"]) if cell_text(record.get("vas")) else None
        except InputRefusedError as error:
            problems.append(f"row {i + FIRST_ROW}: {error}")
            continue
        row = {"row": i + FIRST_ROW, "patient": record.get("patient"), "harris": score.total, "band": score.band}
        rows.append({**row, "points": dict(score.points), "vas": pain})
    if problems:
        more = f"; and {len(problems) - ROWS_NAMED} more rows" if len(problems) > ROWS_NAMED else ""
        raise InputRefusedError("; ".join(problems[:ROWS_NAMED]) + more)
    return rows
