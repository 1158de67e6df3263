"""``coxa plan``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from coxa.cli.atlas import chosen_atlas
from coxa.cli.backend import chosen_backend
from coxa.cli.console import command_console
from coxa.cli.destination import require_free_for
from coxa.cli.measure import load, measure_loaded, placed_landmarks
from coxa.cli.options import (
    AllowGaps,
    AsJson,
    Atlas,
    Backend,
    CaseId,
    LabelNames,
    Labels,
    OutFolder,
    PlacedLandmarks,
    Process,
    ScanPath,
    Series,
    Verbose,
    Version,
)
from coxa.errors import UsageError

PLAN = "Plan"

PlannedSide = Annotated[
    Literal["left", "right"],
    typer.Option("--side", show_default=False, rich_help_panel=PLAN, help="The patient's side to reconstruct."),
]
CupDiameter = Annotated[
    float | None,
    typer.Option(
        "--cup-diameter", metavar="MM", show_default=False, rich_help_panel=PLAN, help="Outer diameter; else sized."
    ),
]
CupCentre = Annotated[
    str | None,
    typer.Option(
        "--cup-center",
        metavar="X,Y,Z",
        show_default=False,
        rich_help_panel=PLAN,
        help="Centre of the cup in LPS mm; else the target rotation centre.",
    ),
]
Inclination = Annotated[
    float | None,
    typer.Option("--inclination", metavar="DEG", show_default=False, rich_help_panel=PLAN, help="Radiographic."),
]
Anteversion = Annotated[
    float | None,
    typer.Option("--anteversion", metavar="DEG", show_default=False, rich_help_panel=PLAN, help="Radiographic."),
]

CupCatalogueFile = Annotated[
    Path | None,
    typer.Option(
        "--cup-catalogue",
        metavar="FILE",
        show_default="44 to 80 mm by 2",
        rich_help_panel=PLAN,
        help="The cups to choose from, as JSON (docs/plan.md).",
    ),
]
Vessels = Annotated[
    Path | None,
    typer.Option(
        "--vessels",
        metavar="FILE",
        show_default=False,
        rich_help_panel=PLAN,
        help="Mask or label file of vessels, on any grid: screws keep 5 mm from them, and their distance is reported.",
    ),
]
HeadDiameter = Annotated[
    float,
    typer.Option("--head-diameter", metavar="MM", rich_help_panel=PLAN, help="Planned head, for the range of motion."),
]
StemAnteversion = Annotated[
    float,
    typer.Option("--stem-anteversion", metavar="DEG", rich_help_panel=PLAN, help="For the range of motion."),
]
ScrewDiameter = Annotated[
    float, typer.Option("--screw-diameter", metavar="5|5.5|6.5", rich_help_panel=PLAN, help="Of all screws, mm.")
]
AugmentType = Annotated[
    Literal["auto", "none", "wedge", "buttress", "footing", "column", "custom"],
    typer.Option(
        "--augment-type",
        rich_help_panel=PLAN,
        help="auto and custom fill the whole gap; wedge only above the cup, footing medial of it, column before and "
        "behind it; buttress: a wedge with a flange onto the ilium.",
    ),
]
AugmentFlange = Annotated[
    Literal["none", "iliac", "ischial", "both"],
    typer.Option("--augment-flange", rich_help_panel=PLAN, help="Plates with screw holes on the bone's outer face."),
]
LatticeName = Annotated[
    Literal["gyroid", "diamond", "primitive"],
    typer.Option("--lattice", rich_help_panel=PLAN, help="Of the augment's porous side."),
]
LatticeStyle = Annotated[
    Literal["network", "sheet"],
    typer.Option("--lattice-style", rich_help_panel=PLAN, help="Struts, or walls in larger cells."),
]


def plan(
    scan: ScanPath,
    out: OutFolder,
    side: PlannedSide,
    cup_diameter: CupDiameter = None,
    cup_center: CupCentre = None,
    inclination: Inclination = None,
    anteversion: Anteversion = None,
    cup_catalogue: CupCatalogueFile = None,
    vessels: Vessels = None,
    screw_diameter: ScrewDiameter = 6.5,
    head_diameter: HeadDiameter = 32.0,
    stem_anteversion: StemAnteversion = 15.0,
    augment_type: AugmentType = "auto",
    augment_flange: AugmentFlange = "none",
    lattice: LatticeName = "gyroid",
    lattice_style: LatticeStyle = "network",
    process: Process = "lpbf",
    series: Series = None,
    allow_gaps: AllowGaps = False,
    backend: Backend = None,
    labels: Labels = None,
    label_names: LabelNames = None,
    atlas: Atlas = None,
    landmarks: PlacedLandmarks = None,
    case_id: CaseId = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Plan a reconstruction: target rotation centre, cup, augment for the defect, screws.

    Writes everything that `coxa measure` writes, and plan.json, meshes/ (STL, LPS mm) and report.html.

    $ coxa plan my_ct/ -o plan --side left --inclination 42 --anteversion 18
    """
    with command_console(as_json, verbose) as console:
        from coxa.anatomy import Side
        from coxa.case_folder import write_planned
        from coxa.cli.cup_summary import cup_options_table
        from coxa.cli.summary import measurement_table, plan_table
        from coxa.io import finished_folder
        from coxa.io.images.vessel_files import read_vessels
        from coxa.io.records.case_files import case_to_json
        from coxa.io.records.catalogue_files import read_cup_catalogue
        from coxa.io.records.plan_files import plan_to_json
        from coxa.manufacturing.certificate import failed_certificates
        from coxa.pipeline import PLAN_STAGES, missing_results, plan_scan
        from coxa.planning import PlanSettings
        from coxa.planning.settings.catalogue import packaged_catalogue

        settings = PlanSettings(
            cup_diameter_mm=cup_diameter,
            cup_centre_lps_mm=point_lps_mm(cup_center),
            inclination_deg=inclination,
            anteversion_deg=anteversion,
            screw_diameter_mm=screw_diameter,
            head_diameter_mm=head_diameter,
            stem_anteversion_deg=stem_anteversion,
            augment_type=augment_type,
            augment_flange=augment_flange,
            lattice=lattice,
            lattice_style=lattice_style,
            cup_catalogue=packaged_catalogue() if cup_catalogue is None else read_cup_catalogue(cup_catalogue),
        )
        chosen, shapes = chosen_backend(backend, labels, label_names), chosen_atlas(atlas)
        placed = placed_landmarks(landmarks)
        mask = None if vessels is None else read_vessels(vessels)
        with console.stages(("load", *PLAN_STAGES, "write")):
            loaded = load(console, scan, series, allow_gaps)
            require_free_for(out, loaded.sha256)
            measured = measure_loaded(console, loaded, chosen, case_id, shapes, placed)
            planned = plan_scan(
                loaded,
                measured,
                Side(side),
                settings,
                atlas=shapes,
                vessels=mask,
                process=process,
                progress=console.stage,
            )
            console.stage("write")
            with finished_folder(out) as folder:
                written = write_planned(folder, loaded, planned)
        console.say(measurement_table(planned.measured.case), plan_table(written))
        if written.cup_choice is not None:
            console.say(cup_options_table(written.cup_choice))
        results = {"measurements": case_to_json(planned.measured.case)["measurements"], "plan": plan_to_json(written)}
        incomplete = (*missing_results(measured.case), *failed_certificates(planned.certificates))
        console.close(out, written.warnings, incomplete, results)


def point_lps_mm(text: str | None) -> tuple[float, float, float] | None:
    """Read ``X,Y,Z`` as a user types it.

    Raises
    ------
    UsageError
        When it is not three numbers.
    """
    if text is None:
        return None
    try:
        x, y, z = (float(number) for number in text.split(","))
    except ValueError:
        raise UsageError(f"--cup-center takes three numbers in LPS mm such as -88.5,12,-40; got '{text}'") from None
    return x, y, z
