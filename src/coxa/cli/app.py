"""The ``coxa`` program: registers the commands and runs one."""

from __future__ import annotations

import signal
import sys

import typer

from coxa.cli import (
    agree,
    atlas,
    batch,
    check,
    cohort,
    compare,
    evaluate,
    export,
    harris,
    inspect,
    landmarks,
    measure,
    phantom,
    plan,
    segment,
    settings,
)
from coxa.cli.options import Version

TOUR = """
From a pelvic CT to measured hip rotation centres and a printable acetabular augment; offline, on any laptop.

[bold]First steps[/]

  $ coxa inspect my_ct/                               which series, is it good enough
  $ coxa measure my_ct/ -o result                     bones, landmarks, rotation centres, cup angles
  $ coxa plan my_ct/ -o plan --side left              target centre, cup, augment, screws, report
  $ coxa export plan -o parts --format stl            print-checked part files
  $ coxa compare plan postop_ct/ -o achieved          after surgery: planned against achieved

[bold]No scan at hand?[/]  coxa phantom -o demo --scenario revision_left   makes one with known truth.

A research tool, not a medical device. Left and right are the patient's; positions are DICOM LPS millimetres.
"""

EPILOG = (
    "Exit codes: 0 done · 1 done, but some of it was not measurable or printable · 2 wrong usage · 3 input refused."
)

app = typer.Typer(
    name="coxa",
    help=TOUR,
    epilog=EPILOG,
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _program(version: Version = False) -> None:
    pass


app.command("inspect", rich_help_panel="From the scan")(inspect.inspect)
app.command("segment", rich_help_panel="From the scan")(segment.segment)
app.command("measure", rich_help_panel="From the scan")(measure.measure)
app.command("landmarks", rich_help_panel="From the scan")(landmarks.landmarks)
app.command("plan", rich_help_panel="From the scan")(plan.plan)
app.command("settings", rich_help_panel="Plans")(settings.settings)
app.command("evaluate", rich_help_panel="Plans")(evaluate.evaluate)
app.command("compare-plans", rich_help_panel="Plans")(evaluate.compare_plans)
app.command("compare", rich_help_panel="From the scan")(compare.compare)
app.command("export", rich_help_panel="To the printer")(export.export)
app.command("check", rich_help_panel="To the printer")(check.check)
app.command("batch", rich_help_panel="Studies")(batch.batch)
app.command("cohort", rich_help_panel="Studies")(cohort.cohort)
app.command("agree", rich_help_panel="Studies")(agree.agree)
app.command("harris", rich_help_panel="Studies")(harris.harris)
app.add_typer(atlas.app, name="atlas", rich_help_panel="Studies")
app.command("phantom", rich_help_panel="Practice and testing")(phantom.phantom)


def main() -> None:
    """Run the command line; the console script ``coxa``."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a legacy Windows code page must not turn a result into a crash
    for name in ("SIGTERM", "SIGHUP"):  # like an interrupt from the keyboard: what is half-written is removed
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    app()


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
