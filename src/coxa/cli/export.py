"""``coxa export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from coxa.cli.conversation import conversation
from coxa.cli.destination import require_empty
from coxa.cli.options import AsJson, OutFolder, Process, Verbose, Version

PlanPath = Annotated[
    Path, typer.Argument(metavar="PLAN", show_default=False, help="A folder made by `coxa plan`, or its plan.json.")
]
PartFormat = Annotated[Literal["stl"], typer.Option("--format", help="Binary STL in LPS millimetres.")]


def export(
    plan: PlanPath,
    out: OutFolder,
    part_format: PartFormat = "stl",
    process: Process = "lpbf",
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Check the plan's parts for printing and write them out, with a certificate.

    Exits 1 when a part is not printable; the certificate says why.

    $ coxa export plans/left -o parts
    """
    with conversation(as_json, verbose) as talk:

        require_empty(out)
