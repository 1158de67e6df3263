"""``coxa batch``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coxa.cli.atlas import chosen_atlas
from coxa.cli.backend import chosen_label_names, chosen_name
from coxa.cli.console import DONE, INCOMPLETE, CommandConsole, command_console
from coxa.cli.options import (
    INPUT,
    OUTPUT,
    AllowGaps,
    AsJson,
    Atlas,
    Backend,
    HuOffset,
    LabelNames,
    OutFolder,
    Verbose,
    Version,
)

if TYPE_CHECKING:
    from coxa.batch.settings import BatchState, Case
    from coxa.io.find_scans import FoundScan

RUNNING = "Running"
FAILURES_SHOWN = 20
"""So many failed cases are named on screen; all stand in errors.csv."""

RootPath = Annotated[
    Path,
    typer.Argument(
        metavar="ROOT",
        show_default=False,
        help="A folder with scans (DICOM of many patients, zips, NIfTI, NRRD, MHA), or a CSV list with a column scan.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        show_default=False,
        rich_help_panel=RUNNING,
        help="Measure N cases at once on this computer; count 3 GB of memory for each. By default one at a time.",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        show_default=False,
        rich_help_panel=RUNNING,
        help="Use a Dask cluster that runs already and sees the same disk.",
    ),
]
TimeLimit = Annotated[
    float, typer.Option("--time-limit", metavar="SECONDS", rich_help_panel=RUNNING, help="For each case.")
]
MemoryLimit = Annotated[
    float, typer.Option("--memory-limit", metavar="MB", rich_help_panel=RUNNING, help="For each case.")
]
RetryFailed = Annotated[
    bool,
    typer.Option("--retry-failed", rich_help_panel=RUNNING, help="Try the cases again that failed in an earlier run."),
]
LabelsFolder = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        metavar="FOLDER",
        show_default=False,
        rich_help_panel=INPUT,
        help="Take the bones from the label files in this folder, each named as its scan is, instead of segmenting.",
    ),
]
CorrectionsFolder = Annotated[
    Path | None,
    typer.Option(
        "--landmarks",
        metavar="FOLDER",
        show_default=False,
        rich_help_panel=INPUT,
        help="Landmarks that you placed or moved, a file CASE.mrk.json for each case that has some.",
    ),
]
IdColumn = Annotated[
    str | None,
    typer.Option(
        "--id-column",
        metavar="NAME",
        show_default=False,
        rich_help_panel=INPUT,
        help="Column of the CSV list with your own pseudonyms, instead of salted hashes.",
    ),
]
SaltFile = Annotated[
    Path | None,
    typer.Option(
        "--salt",
        metavar="FILE",
        show_default=False,
        rich_help_panel=OUTPUT,
        help="Secret behind the pseudonyms; made when it is not there. By default .batch.salt in the output folder.",
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        show_default=False,
        rich_help_panel=OUTPUT,
        help="Write which scan is which case (CSV). It may identify patients: keep it apart from the results.",
    ),
]


def batch(
    root: RootPath,
    out: OutFolder,
    workers: Workers = None,
    scheduler: Scheduler = None,
    time_limit: TimeLimit = 1800.0,
    memory_limit: MemoryLimit = 8000.0,
    retry_failed: RetryFailed = False,
    id_column: IdColumn = None,
    salt: SaltFile = None,
    key: KeyFile = None,
    allow_gaps: AllowGaps = False,
    hu_offset: HuOffset = 0.0,
    backend: Backend = None,
    labels: LabelsFolder = None,
    label_names: LabelNames = None,
    atlas: Atlas = None,
    landmarks: CorrectionsFolder = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Measure many scans; one that cannot be measured costs a row in errors.csv and nothing else.

    Writes cases/CASE/ with everything that `coxa measure` writes, measurements.csv and .parquet (long), the same as
    measurements_wide, errors.csv and manifest.json. Run it again after an interruption, or after adding scans or a new
    version: finished cases are kept, the others done.

    $ coxa batch archive/ -o results --workers 2
    """
    with command_console(as_json, verbose) as console:
        from coxa.batch.identity import read_or_make_salt
        from coxa.batch.landmark_corrections import with_landmarks
        from coxa.batch.measure_stage import MEASURE_STAGE
        from coxa.batch.run import name_cases, run_cases
        from coxa.batch.settings import BatchSettings
        from coxa.batch.tables import write_tables
        from coxa.io.find_scans import find_scans

        _require_folder(out, key)
        names = chosen_label_names(label_names)
        parameters = {
            "backend": chosen_name(backend, labels, label_names),
            "allow_gaps": allow_gaps,
            "hu_offset": hu_offset,
            "label_names": None if names is None else [list(pair) for pair in sorted(names.items())],
            "atlas": _atlas_sha256(atlas),
        }
        scans = find_scans(root, id_column=id_column, leave_out=(out,) if labels is None else (out, labels))
        settings = BatchSettings(
            out=out,
            salt=read_or_make_salt(salt or out / ".batch.salt"),
            stage=MEASURE_STAGE,
            parameters=parameters,
            time_limit_s=time_limit,
            memory_limit_mb=memory_limit,
            workers=workers,
            scheduler=scheduler,
            retry="failed" if retry_failed else "changed",
        )
        cases = with_landmarks(name_cases(scans, settings, _beside(scans, labels, atlas)), landmarks)
        if key is not None:
            _write_key(key, cases, root)
        with _shown() as watch:
            state = run_cases(cases, settings, watch)
        recorded = {"parameters": dict(settings.parameters), "cases_found": len(cases)}
        write_tables(out, [case.target for case in cases], recorded)
        _report(console, out, cases, state)


def _require_folder(out: Path, key: Path | None) -> None:
    from coxa.errors import UsageError

    if out.exists() and not out.is_dir():
        raise UsageError("the output (-o) is an existing file: name a folder")
    if key is not None and out.resolve() in key.resolve().parents:
        raise UsageError("--key tells which patient is which case: write it outside the output folder (-o)")


def _atlas_sha256(path: Path | None) -> str | None:
    """Return which atlas it is; a wrong one is told now, not case by case."""
    from coxa.batch.identity import files_sha256

    return None if path is None or chosen_atlas(path) is None else files_sha256((path,))


def _beside(scans: tuple[FoundScan, ...], labels: Path | None, atlas: Path | None) -> list[dict[str, Path]]:
    """Return what each scan is measured with; a scan without labels is refused when its turn comes."""
    from coxa.io.find_labels import find_labels

    of_all = {} if atlas is None else {"atlas": atlas}
    if labels is None:
        return [of_all] * len(scans)
    return [of_all if own is None else {**of_all, "labels": own} for own in find_labels(scans, labels)]


def _write_key(path: Path, cases: tuple[Case, ...], root: Path) -> None:
    from coxa.io import finished_file

    base = root if root.is_dir() else root.parent
    with finished_file(path) as staging:
        staging.touch(mode=0o600)  # for the owner's eyes only, from the first byte on
        _write_key_rows(staging, cases, base)


def _write_key_rows(path: Path, cases: tuple[Case, ...], base: Path) -> None:
    import csv

    # A file name may be any bytes; it is written as it is.
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["case_id", "scan"])
        for case in cases:
            first = case.paths[0]  # of a DICOM study one file: studies may share a folder
            writer.writerow([case.case_id, first.relative_to(base).as_posix() if base in first.parents else str(first)])


@contextmanager
def _shown() -> Iterator[Callable[[BatchState], None]]:
    """Show a table that follows the batch, on a terminal; in a pipe nothing."""
    if not sys.stderr.isatty():
        yield _take_no_notice
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(file=sys.stderr), refresh_per_second=4, transient=True) as live:
        yield lambda state: live.update(progress_table(state))


def _take_no_notice(state: BatchState) -> None:
    pass


def progress_table(state: BatchState) -> Any:
    """Return the live table: done, running, failed, rate, remaining."""
    from coxa.cli.plain_table import plain_table

    table = plain_table("done", "of which failed", "kept", "running", "remaining", "a minute", "time left")
    rate, left = state.rate_per_minute, state.remaining_s
    time_left = "" if left is None else f"{left / 3600:.0f} h {left % 3600 / 60:.0f} min"
    counts = (state.done, state.failed, state.kept, state.running, state.remaining)
    table.add_row(*(str(n) for n in counts), "" if rate is None else f"{rate:.1f}", time_left)
    return table


def _report(console: CommandConsole, out: Path, cases: tuple[Case, ...], state: BatchState) -> None:
    from coxa.batch.record import FAILED, read_record

    records = [r for r in (read_record(case.target) for case in cases) if r is not None]
    failed = [r for r in records if r.state == FAILED]
    incomplete = [r for r in records if r.incomplete]
    measured = len(records) - len(failed)
    console.say(f"{len(cases)} cases: {measured} measured, {len(failed)} failed; {state.kept} kept from before")
    console.say(*(f"failed: {r.case_id}: {r.reason}" for r in failed[:FAILURES_SHOWN]))
    if len(failed) > FAILURES_SHOWN:
        console.say(f"and {len(failed) - FAILURES_SHOWN} more in errors.csv")
    console.say(f"written to {out}: cases/, measurements.csv, measurements_wide.csv, errors.csv, manifest.json")
    document = {
        "out": str(out),
        "cases": len(cases),
        "measured": measured,
        "failed": [{"case_id": r.case_id, "kind": r.kind, "reason": r.reason} for r in failed],
        "incomplete": [{"case_id": r.case_id, "reasons": list(r.incomplete)} for r in incomplete],
        "kept": state.kept,
    }
    console.finish(document, INCOMPLETE if failed or incomplete else DONE)
