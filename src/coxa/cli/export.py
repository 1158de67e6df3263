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
        from coxa.case_folder import write_parts
        from coxa.cli.summary import certificate_table
        from coxa.io import finished_folder
        from coxa.io.plan_files import read_plan, read_plan_meshes
        from coxa.manufacturing import check_mesh
        from coxa.pipeline import failed_certificates, printed_parts

        require_empty(out)
        with talk.stages(("read", "print check", "write")):
            talk.stage("read")
            parts = printed_parts(read_plan_meshes(plan, read_plan(plan)))
            talk.stage("print check")
            certificates = {name: check_mesh(mesh, process) for name, mesh in parts.items()}
            talk.stage("write")
            with finished_folder(out) as folder:
                write_parts(folder, parts, certificates)
        for name, certificate in certificates.items():
            talk.say(name, certificate_table(certificate))
        talk.close(out, (), failed_certificates(certificates))
