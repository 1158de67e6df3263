"""``coxa cohort``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coxa.cli.console import command_console
from coxa.cli.destination import require_empty
from coxa.cli.options import INPUT, AsJson, OutFolder, Verbose, Version

if TYPE_CHECKING:
    from coxa.cohort.study import Study

TablePath = Annotated[
    Path,
    typer.Argument(
        metavar="TABLE", show_default=False, help="The study: CSV or Parquet, one row a patient or one row a visit."
    ),
]
SchemaFile = Annotated[
    Path | None,
    typer.Option(
        "--schema",
        metavar="FILE",
        show_default=False,
        rich_help_panel=INPUT,
        help="TOML that says which columns hold what, their units and ranges, the declared tests and the family. "
        "By default TABLE with .toml, else the usual column names.",
    ),
]
Measurements = Annotated[
    Path | None,
    typer.Option(
        "--measurements",
        metavar="FILE",
        show_default=False,
        rich_help_panel=INPUT,
        help="Coxa's measurements (CSV or Parquet of `coxa batch`), joined by case id and side.",
    ),
]
Summary = Annotated[
    bool,
    typer.Option(
        "--summary",
        rich_help_panel=INPUT,
        help="TABLE holds summary statistics: columns outcome, group, visit, n, mean, sd (correlation, events).",
    ),
]


def cohort(
    table: TablePath,
    out: OutFolder,
    schema: SchemaFile = None,
    measurements: Measurements = None,
    summary: Summary = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Analyse a study: before and after, group against group, with effect sizes, Holm's adjustment and figures.

    Writes cohort.json, cohort.html and the figures as SVG.

    $ coxa cohort sample_ct/study/patients.csv --schema sample_ct/study/study.toml -o study
    """
    with command_console(as_json, verbose) as console:
        from coxa import __version__
        from coxa.cli.study_summary import study_table
        from coxa.cohort.document import study_document
        from coxa.io import finished_folder
        from coxa.io.outputs import write_json
        from coxa.report.study.study_page import write_study_report

        require_empty(out)
        with console.stages(("analyse", "write")):
            console.stage("analyse")
            beside = table.with_suffix(".toml")
            found = schema or (beside if beside.is_file() else None)
            study = _summaries(table, found) if summary else _patients(table, found, measurements)
            document = study_document(study, __version__)
            console.stage("write")
            with finished_folder(out) as folder:
                write_json(folder / "cohort.json", document)
                write_study_report(folder, study)
        console.say(study_table(study))
        console.close(out, study.remarks, _without_result(study), {"cohort": document})


def _summaries(table: Path, schema: Path | None) -> Study:
    from coxa.cohort.summary_table import analyse_summaries
    from coxa.io.records.study_files import read_schema, read_table

    return analyse_summaries(read_table(table), None if schema is None else read_schema(schema))


def _patients(table: Path, schema: Path | None, measurements: Path | None) -> Study:
    from coxa.cohort.default_schema import schema_for
    from coxa.cohort.joined import join_measurements
    from coxa.cohort.study import analyse
    from coxa.cohort.table import check_table
    from coxa.io.records.study_files import read_schema, read_table

    frame = read_table(table)
    described = schema_for(list(frame.columns)) if schema is None else read_schema(schema)
    remarks: tuple[str, ...] = ()
    if measurements is not None:
        frame, described, remarks = join_measurements(frame, described, read_table(measurements))
    return analyse(check_table(frame, described), described, remarks)


def _without_result(study: Study) -> tuple[str, ...]:
    """Say which comparisons have no P value, each with its reason."""
    return tuple(
        f"{c.outcome} {c.group or 'between groups'}: {c.primary.reason}"
        for c in (*study.between, *study.within)
        if c.primary.p is None
    )
