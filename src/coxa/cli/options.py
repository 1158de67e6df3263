"""Arguments and options that several commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coxa import __version__
from coxa.file_names import why_no_file_name

INPUT, OUTPUT, GENERAL = "Input", "Output", "General"
"""Panels of the help pages."""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"coxa {__version__}")
        raise typer.Exit


def _file_name(case_id: str | None) -> str | None:
    unfit = None if case_id is None else why_no_file_name(case_id)
    if unfit is not None:
        raise typer.BadParameter(f"a case id may become the name of a file, and this cannot: {unfit}")
    return case_id


ScanPath = Annotated[
    Path,
    typer.Argument(
        metavar="SCAN", show_default=False, help="A DICOM folder, a zip of one, or one NIfTI, NRRD, MHA or MHD file."
    ),
]
OutFolder = Annotated[
    Path,
    typer.Option(
        "-o", "--out", metavar="FOLDER", show_default=False, rich_help_panel=OUTPUT, help="Where the results go."
    ),
]
Series = Annotated[
    str | None,
    typer.Option(
        "--series",
        metavar="NUMBER|UID",
        show_default=False,
        rich_help_panel=INPUT,
        help="Use this DICOM series instead of the one that scores best: its number in `coxa inspect`, or its UID.",
    ),
]
AllowGaps = Annotated[
    bool,
    typer.Option(
        "--allow-gaps",
        rich_help_panel=INPUT,
        help="Resample over missing slices; recorded as a warning in the results.",
    ),
]
HuOffset = Annotated[
    float,
    typer.Option(
        "--hu-offset",
        metavar="HU",
        show_default=False,
        rich_help_panel=INPUT,
        help="Add this to every voxel: -1024 for a scan stored as Hounsfield units plus 1024; recorded as a warning.",
    ),
]
Labels = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        "--segmentation",
        metavar="FILE",
        show_default=False,
        rich_help_panel=INPUT,
        help="Take the bones from this label file (a corrected segmentation.nii.gz, nnU-Net, TotalSegmentator) or "
        "folder of masks instead of segmenting.",
    ),
]
LabelNames = Annotated[
    str | None,
    typer.Option(
        "--label-names",
        metavar="JSON",
        show_default=False,
        rich_help_panel=INPUT,
        help="What the numbers in the label file mean, when neither it nor a JSON beside it says so; the word "
        "totalsegmentator stands for the published numbers of its version 2.",
    ),
]
Backend = Annotated[
    str | None,
    typer.Option(
        "--backend",
        metavar="NAME",
        show_default="classic, or labelmap with --labels",
        rich_help_panel=INPUT,
        help="Which segmentation method to use: classic, labelmap, totalsegmentator, totalsegmentator-fast.",
    ),
]
Atlas = Annotated[
    Path | None,
    typer.Option(
        "--atlas",
        metavar="FILE",
        show_default=False,
        rich_help_panel=INPUT,
        help="Shape models from `coxa atlas build`: one more estimate of the native rotation centre of a damaged hip.",
    ),
]
PlacedLandmarks = Annotated[
    Path | None,
    typer.Option(
        "--landmarks",
        metavar="FILE",
        show_default=False,
        rich_help_panel=INPUT,
        help="Landmarks that you placed or moved (landmarks.mrk.json of an earlier run, edited in 3D Slicer; any "
        "subset): they take the place of the automatic ones, and everything that depends on them follows.",
    ),
]
Process = Annotated[
    str,
    typer.Option(
        "--process",
        metavar="lpbf|ebm|sls|FILE",
        rich_help_panel=OUTPUT,
        help="Printer: laser (lpbf) or electron-beam (ebm) powder bed, polymer (sls), or your own profile (.toml).",
    ),
]
CaseId = Annotated[
    str | None,
    typer.Option(
        "--case-id",
        metavar="NAME",
        show_default=False,
        rich_help_panel=OUTPUT,
        callback=_file_name,
        help="Pseudonym to write into the results; by default one made from the voxels. Never a patient's name.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", rich_help_panel=GENERAL, help="Print one JSON document instead of text.")
]
Verbose = Annotated[
    bool,
    typer.Option(
        "-v", "--verbose", rich_help_panel=GENERAL, help="Say more: times of the stages, and where an error arose."
    ),
]
Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_print_version, is_eager=True, rich_help_panel=GENERAL, help="Show the version and exit."
    ),
]
