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
    HuOffset,
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
from coxa.cli.setting_options import PLAN, SettingsFile, chosen_settings, setting_option
from coxa.errors import UsageError

PlannedSide = Annotated[
    Literal["left", "right"],
    typer.Option("--side", show_default=False, rich_help_panel=PLAN, help="The patient's side to reconstruct."),
]
CupDiameter = Annotated[float | None, setting_option("--cup-diameter", "cup_diameter_mm", "MM")]
CupCentre = Annotated[str | None, setting_option("--cup-center", "cup_centre_lps_mm", "X,Y,Z")]
Inclination = Annotated[float | None, setting_option("--inclination", "inclination_deg", "DEG")]
Anteversion = Annotated[float | None, setting_option("--anteversion", "anteversion_deg", "DEG")]
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
        help="Mask or label file of vessels, on any grid: screws keep a distance from them, which is reported.",
    ),
]
HeadDiameter = Annotated[float | None, setting_option("--head-diameter", "head_diameter_mm", "MM")]
StemAnteversion = Annotated[float | None, setting_option("--stem-anteversion", "stem_anteversion_deg", "DEG")]
ScrewDiameter = Annotated[float | None, setting_option("--screw-diameter", "screw_diameter_mm")]
AugmentType = Annotated[str | None, setting_option("--augment-type", "augment_type")]
AugmentFlange = Annotated[str | None, setting_option("--augment-flange", "augment_flange")]
LatticeName = Annotated[str | None, setting_option("--lattice", "lattice")]
LatticeStyle = Annotated[str | None, setting_option("--lattice-style", "lattice_style")]


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
    settings: SettingsFile = None,
    screw_diameter: ScrewDiameter = None,
    head_diameter: HeadDiameter = None,
    stem_anteversion: StemAnteversion = None,
    augment_type: AugmentType = None,
    augment_flange: AugmentFlange = None,
    lattice: LatticeName = None,
    lattice_style: LatticeStyle = None,
    process: Process = "lpbf",
    series: Series = None,
    allow_gaps: AllowGaps = False,
    hu_offset: HuOffset = 0.0,
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
        from coxa.io.records.plan_files import plan_to_json
        from coxa.manufacturing.rules.certificate import failed_certificates
        from coxa.pipeline import PLAN_STAGES, failed_structures, missing_results, plan_scan

        wanted = chosen_settings(
            settings,
            cup_catalogue,
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
        )
        chosen, shapes = chosen_backend(backend, labels, label_names), chosen_atlas(atlas)
        placed = placed_landmarks(landmarks)
        mask = None if vessels is None else read_vessels(vessels)
        with console.stages(("load", *PLAN_STAGES, "write")):
            loaded = load(console, scan, series, allow_gaps, hu_offset)
            require_free_for(out, loaded.sha256)
            measured = measure_loaded(console, loaded, chosen, case_id, shapes, placed)
            planned = plan_scan(
                loaded,
                measured,
                Side(side),
                wanted,
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
        failed = failed_structures(measured.segmentation)
        incomplete = (*failed, *missing_results(measured.case), *failed_certificates(planned.certificates))
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
