"""``coxa agree``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from coxa.cli.console import command_console
from coxa.cli.destination import require_empty
from coxa.cli.options import AsJson, OutFolder, Verbose, Version

FirstTable = Annotated[
    Path,
    typer.Argument(metavar="A", show_default=False, help="Measurements (CSV or Parquet), or a folder that holds them."),
]
SecondTable = Annotated[
    Path, typer.Argument(metavar="B", show_default=False, help="The same cases measured again, or by someone else.")
]


def agree(
    first: FirstTable,
    second: SecondTable,
    out: OutFolder,
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Compare two measurement tables: ICC, Bland–Altman limits, repeatability, per metric and side.

    Writes agreement.json, agreement.html and a plot a metric.

    $ coxa agree rater_1/measurements.csv rater_2/measurements.csv -o agreement
    """
    with command_console(as_json, verbose) as console:
        from coxa import __version__
        from coxa.cli.study_summary import agreement_table
        from coxa.cohort.agreement_tables import compare_tables
        from coxa.cohort.document import agreement_document
        from coxa.io import finished_folder
        from coxa.io.outputs import write_json
        from coxa.io.records.study_files import read_table
        from coxa.report.study.study_page import write_agreement_report

        require_empty(out)
        tables = tuple(path / "measurements.csv" if path.is_dir() else path for path in (first, second))
        with console.stages(("compare", "write")):
            console.stage("compare")
            found = compare_tables(*(read_table(path) for path in tables))
            document = agreement_document(found, __version__)
            console.stage("write")
            with finished_folder(out) as folder:
                write_json(folder / "agreement.json", document)
                write_agreement_report(folder, found, _names(first, second))
        console.say(agreement_table(found))
        lacking = tuple(f"{m.metric} {m.side} {m.frame}: {m.reason}" for m in found if m.agreement is None)
        console.close(out, (), lacking, {"agreement": document})


def _names(first: Path, second: Path) -> tuple[str, str]:
    """Return what the tables are called; with the folder that holds each where both are called the same."""
    parts = 1 if first.name != second.name else 2
    names = ["/".join(path.parts[-parts:]) for path in (first, second)]
    # A file's name may be any bytes; the page holds text.
    whole = [os.fsencode(name).decode("utf-8", errors="replace") for name in names]
    return whole[0], whole[1]
