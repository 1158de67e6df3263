"""``coxa check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coxa.cli.console import DONE, INCOMPLETE, command_console
from coxa.cli.options import OUTPUT, AsJson, Process, Verbose, Version

MeshPath = Annotated[
    Path, typer.Argument(metavar="MESH", show_default=False, help="An STL, PLY, OBJ (in millimetres), GLB or 3MF file.")
]
CertificateFolder = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--out",
        metavar="FOLDER",
        show_default=False,
        rich_help_panel=OUTPUT,
        help="Also write print_certificate.json and a page with pictures of each place.",
    ),
]


def check(
    mesh: MeshPath,
    process: Process = "lpbf",
    out: CertificateFolder = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Tell whether a mesh is printable: watertight, manifold, thick enough, no trapped powder.

    Exits 0 when it is and 1 when it is not.

    $ coxa check plans/left/meshes/augment.stl --process ebm
    """
    with command_console(as_json, verbose) as console:
        from coxa.cli.destination import require_empty
        from coxa.cli.summary import certificate_table
        from coxa.export.folder import write_certificate
        from coxa.io import finished_folder
        from coxa.io.meshes.mesh_files import read_mesh
        from coxa.io.records.process_files import read_process
        from coxa.manufacturing import check_mesh

        if out is not None:
            require_empty(out)
        limits = read_process(process)
        with console.stages(("read", "check")):
            console.stage("read")
            part = read_mesh(mesh)
            console.stage("check")
            certificate = check_mesh(part, limits)
        if out is not None:
            with finished_folder(out) as folder:
                write_certificate(folder, mesh, part, certificate)
        console.say(certificate_table(certificate))
        console.finish(certificate.document(), DONE if certificate.printable else INCOMPLETE)
