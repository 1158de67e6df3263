"""``coxa compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coxa.cli.backend import chosen_backend
from coxa.cli.console import command_console
from coxa.cli.destination import require_empty
from coxa.cli.measure import load, measure_loaded
from coxa.cli.options import (
    AllowGaps,
    AsJson,
    Backend,
    HuOffset,
    LabelNames,
    Labels,
    OutFolder,
    Series,
    Verbose,
    Version,
)

PlanFolder = Annotated[
    Path, typer.Argument(metavar="PLAN", show_default=False, help="The folder that `coxa plan` wrote.")
]
PostoperativeScan = Annotated[
    Path,
    typer.Argument(
        metavar="POSTOP_SCAN",
        show_default=False,
        help="The scan after surgery: a DICOM folder, a zip of one, or one NIfTI, NRRD, MHA or MHD file.",
    ),
]


def compare(
    plan: PlanFolder,
    scan: PostoperativeScan,
    out: OutFolder,
    series: Series = None,
    allow_gaps: AllowGaps = False,
    hu_offset: HuOffset = 0.0,
    backend: Backend = None,
    labels: Labels = None,
    label_names: LabelNames = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Compare a plan with the scan after surgery: rotation centre, cup angles and size, achieved minus planned.

    The two pelves are laid on each other bone on bone, away from metal and the operated hip; another patient's scan is
    refused. Writes comparison.json and comparison.html.

    $ coxa compare plan/ postop_ct/ -o achieved
    """
    with command_console(as_json, verbose) as console:
        from coxa.cli.summary import comparison_table
        from coxa.io import finished_folder
        from coxa.io.outputs import write_json
        from coxa.io.records.comparison_files import comparison_to_json
        from coxa.io.records.plan_files import read_plan, read_plan_meshes
        from coxa.pipeline import MEASURE_STAGES
        from coxa.planning.postoperative import compare_with_plan
        from coxa.report.pages.comparison_page import write_comparison_page

        require_empty(out)
        planned = read_plan(plan)
        surfaces = read_plan_meshes(plan, planned)
        chosen = chosen_backend(backend, labels, label_names)
        with console.stages(("load", *MEASURE_STAGES, "compare", "write")):
            loaded = load(console, scan, series, allow_gaps, hu_offset)
            measured = measure_loaded(console, loaded, chosen, planned.case_id)
            console.stage("compare")
            found = compare_with_plan(planned, surfaces, measured.case, measured.surfaces)
            document = comparison_to_json(found)
            console.stage("write")
            hip = measured.case.landmarks.hips.get(planned.side)
            with finished_folder(out) as folder:
                write_json(folder / "comparison.json", document)
                write_comparison_page(
                    folder / "comparison.html", found, planned, surfaces, None if hip is None else hip.cup
                )
        console.say(comparison_table(found))
        lacking = tuple(f"{m.metric}: {m.reason}" for m in found.differences if m.value is None)
        console.close(out, found.warnings, lacking, {"comparison": document})
