"""``coxa export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from coxa.cli.console import CommandConsole, command_console
from coxa.cli.destination import require_empty
from coxa.cli.options import INPUT, OUTPUT, AllowGaps, AsJson, OutFolder, Process, Series, Verbose, Version

if TYPE_CHECKING:
    from coxa.manufacturing.rules.process import Process as PrintProcess

PlanPath = Annotated[
    Path, typer.Argument(metavar="PLAN", show_default=False, help="A folder made by `coxa plan`, or its plan.json.")
]
ExportFormat = Annotated[
    Literal["stl", "3mf", "ply", "obj", "glb", "dicom", "slicer", "nnunet"],
    typer.Option(
        "--format",
        rich_help_panel=OUTPUT,
        help="Part files (stl to glb), DICOM objects for the archive, a 3D Slicer scene, or an nnU-Net training case.",
    ),
]
Deviation = Annotated[
    float,
    typer.Option(
        "--deviation",
        metavar="MM",
        min=0.0,
        max=0.5,
        rich_help_panel=OUTPUT,
        help="Save triangles as long as no place of the part moves farther; 0 keeps them all.",
    ),
]
Bone = Annotated[
    Literal["none", "solid", "hollow"],
    typer.Option("--bone", rich_help_panel=OUTPUT, help="Also the hip bone with its defect, as a model to try on."),
]
BoneWall = Annotated[
    float,
    typer.Option("--bone-wall", metavar="MM", min=1.0, max=20.0, rich_help_panel=OUTPUT, help="Wall of a hollow bone."),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force", rich_help_panel=OUTPUT, help="Write parts that fail the print check too; their files say so."
    ),
]
SourceScan = Annotated[
    Path | None,
    typer.Option(
        "--scan",
        metavar="SCAN",
        show_default=False,
        rich_help_panel=INPUT,
        help="The scan that the plan was made on; DICOM and nnU-Net need it (a plan holds no image and no header).",
    ),
]
KeepIdentity = Annotated[
    bool,
    typer.Option(
        "--keep-identity", rich_help_panel=OUTPUT, help="DICOM objects name the patient as the scan does (else not)."
    ),
]


def export(
    plan: PlanPath,
    out: OutFolder,
    part_format: ExportFormat = "stl",
    process: Process = "lpbf",
    deviation: Deviation = 0.02,
    bone: Bone = "none",
    bone_wall: BoneWall = 3.0,
    force: Force = False,
    scan: SourceScan = None,
    series: Series = None,
    allow_gaps: AllowGaps = False,
    keep_identity: KeepIdentity = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Write a plan's parts for the printer, checked, or the case for other software.

    Every file is read again before success is reported. A part that fails the print check is refused
    unless --force is given; then it exits 1 and the files say so.

    $ coxa export plans/left -o parts --format 3mf
    """
    with command_console(as_json, verbose) as console:
        from coxa.cli.export_case import SourceOptions, export_dicom, export_nnunet, export_slicer
        from coxa.io.records.process_files import read_process

        require_empty(out)
        limits = read_process(process)
        source = SourceOptions(scan, series, allow_gaps)
        if part_format == "slicer":
            export_slicer(console, plan, out, limits, force)
        elif part_format == "nnunet":
            export_nnunet(console, plan, out, source)
        elif part_format == "dicom":
            export_dicom(console, plan, out, limits, force, source, keep_identity)
        else:
            walls = {"none": None, "solid": 0.0, "hollow": bone_wall}
            _export_parts(console, plan, out, part_format, limits, deviation, walls[bone], force)


def _export_parts(  # one value an option
    console: CommandConsole,
    plan: Path,
    out: Path,
    part_format: str,
    process: PrintProcess,
    deviation_mm: float,
    bone_wall_mm: float | None,
    force: bool,
) -> None:
    from coxa.cli.summary import certificate_table
    from coxa.export.folder import ready_parts, require_printable, write_parts
    from coxa.io import finished_folder
    from coxa.io.records.saved_plan import read_saved_plan
    from coxa.manufacturing.rules.certificate import failed_certificates

    with console.stages(("read", "print check", "write")):
        console.stage("read")
        saved = read_saved_plan(plan)
        console.stage("print check")
        parts = ready_parts(saved, process, deviation_mm, bone_wall_mm)
        if not force:
            require_printable(parts)
        console.stage("write")
        with finished_folder(out) as folder:
            write_parts(folder, parts, part_format, saved.sha256)
    for name, part in parts.items():
        console.say(name, certificate_table(part.certificate))
    console.close(out, (), failed_certificates({name: part.certificate for name, part in parts.items()}))
