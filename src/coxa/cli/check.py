"""``coxa check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coxa.cli.conversation import DONE, INCOMPLETE, conversation
from coxa.cli.options import AsJson, Process, Verbose, Version

MeshPath = Annotated[
    Path, typer.Argument(metavar="MESH", show_default=False, help="An STL, PLY or OBJ file in millimetres.")
]


def check(
    mesh: MeshPath,
    process: Process = "lpbf",
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Tell whether a mesh is printable: watertight, manifold, thick enough, no trapped powder.

    Exits 0 when it is and 1 when it is not.

    $ coxa check plans/left/meshes/augment.stl --process ebm
    """
    with conversation(as_json, verbose) as talk:
        from coxa.cli.summary import certificate_table
        from coxa.io.mesh_files import read_mesh
        from coxa.manufacturing import check_mesh

        with talk.stages(("read", "check")):
            talk.stage("read")
            part = read_mesh(mesh)
            talk.stage("check")
            certificate = check_mesh(part, process)
        talk.say(certificate_table(certificate))
        talk.finish(certificate.document(), DONE if certificate.printable else INCOMPLETE)
