"""``coxa atlas``: shape models made of one's own corresponding surfaces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coxa.cli.console import command_console
from coxa.cli.options import OUTPUT, AsJson, Verbose, Version

if TYPE_CHECKING:
    from coxa.landmarks.centres.shape_model import HipAtlas

app = typer.Typer(no_args_is_help=True, help="Shape models of the hip bone, for hips without an intact side to mirror.")

Surfaces = Annotated[
    list[Path],
    typer.Argument(
        metavar="SURFACES...",
        show_default=False,
        help="hip_left.npz and hip_right.npz: vertices (subjects, points, 3) in LPS mm with corresponding points, "
        "faces (triangles, 3); the same subjects in both. Other bones are passed over.",
    ),
]
AtlasOut = Annotated[
    Path,
    typer.Option("-o", "--out", metavar="FILE", show_default=False, rich_help_panel=OUTPUT, help="The atlas, .npz."),
]


@app.callback()
def _atlas(version: Version = False) -> None:
    pass


@app.command("build")
def build(
    surfaces: Surfaces, out: AtlasOut, as_json: AsJson = False, verbose: Verbose = False, version: Version = False
) -> None:
    """Build an atlas, and measure on left-out subjects how near it brings the rotation centre.

    Writes one file for `coxa measure --atlas` and `coxa plan --atlas`. Mind the licence of the surfaces.

    $ coxa atlas build hip_left.npz hip_right.npz -o atlas.npz
    """
    with command_console(as_json, verbose) as console:
        from coxa.errors import UsageError
        from coxa.io.records.atlas_files import SUFFIX, read_corresponding_surfaces, write_atlas
        from coxa.landmarks.centres.atlas_build import BUILD_STAGES, build_atlas

        if out.suffix.lower() != SUFFIX:
            raise UsageError(f"an atlas is a {SUFFIX} file: name one with -o")
        if out.exists():
            raise UsageError(f"'{out.name}' exists already: name a new file with -o")
        with console.stages(("read", *BUILD_STAGES, "write")):
            console.stage("read")
            atlas = build_atlas(read_corresponding_surfaces(surfaces), console.stage)
            console.stage("write")
            write_atlas(out, atlas)
        console.say(
            f"{atlas.subjects} subjects; 90 % of left-out acetabular centres within {atlas.left_out_error_mm:.1f} mm",
            f"written to {out}",
        )
        found = {"subjects": atlas.subjects, "left_out_error_mm": round(atlas.left_out_error_mm, 3)}
        console.finish({"out": str(out), **found})


def chosen_atlas(path: Path | None) -> HipAtlas | None:
    """Return the atlas that the options name; read before the scan, so that a wrong one is told at once.

    Raises
    ------
    InputRefusedError
        When the file is no atlas.
    """
    if path is None:
        return None
    from coxa.io.records.atlas_files import read_atlas

    return read_atlas(path)
