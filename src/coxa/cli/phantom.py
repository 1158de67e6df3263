"""``coxa phantom``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from coxa.cli.console import command_console
from coxa.cli.destination import require_empty
from coxa.cli.options import AsJson, OutFolder, Verbose, Version

Scenario = Annotated[
    Literal["native", "native_oblique", "osteoporotic", "tha_right", "revision_left"],
    typer.Option("--scenario", help="What the phantom's hips are like."),
]
ScanFormat = Annotated[
    Literal["dicom", "dicom-compressed", "nifti"],
    typer.Option("--format", help="One DICOM file a slice, or one NIfTI file."),
]


def phantom(
    out: OutFolder,
    scenario: Scenario = "native",
    scan_format: ScanFormat = "dicom",
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Make a synthetic CT of a pelvis whose truth is known exactly.

    Writes the scan, its true labels, and truth.json with landmarks, rotation centres, cup angles and volumes.

    $ coxa phantom -o demo --scenario revision_left
    """
    with command_console(as_json, verbose) as console:
        from coxa.io.phantom_files import write_phantom
        from coxa.phantom import SCENARIOS, simulate

        require_empty(out)
        with console.stages(("simulate", "write")):
            console.stage("simulate")
            scan = simulate(SCENARIOS[scenario])
            console.stage("write")
            write_phantom(out, scan, scan_format)
        console.close(out, (), ())
