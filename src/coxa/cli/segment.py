"""``coxa segment``."""

from __future__ import annotations

from coxa.cli.backend import chosen_backend
from coxa.cli.console import command_console
from coxa.cli.destination import require_free_for
from coxa.cli.measure import load
from coxa.cli.options import (
    AllowGaps,
    AsJson,
    Backend,
    HuOffset,
    LabelNames,
    Labels,
    OutFolder,
    ScanPath,
    Series,
    Verbose,
    Version,
)


def segment(
    scan: ScanPath,
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
    """Label both hip bones, the sacrum, both femora and metal.

    Writes segmentation.nii.gz, .seg.nrrd (opens in 3D Slicer as a segmentation) and .json (names, volumes, warnings).

    $ coxa segment my_ct/ -o bones
    """
    with command_console(as_json, verbose) as console:
        from coxa.anatomy import Status
        from coxa.cli.summary import segmentation_table
        from coxa.io import finished_folder
        from coxa.io.images.segmentation_files import write_segmentation
        from coxa.labels import failure_text
        from coxa.segmentation import segment as segment_volume

        chosen = chosen_backend(backend, labels, label_names)
        with console.stages(("load", "segment", "write")):
            loaded = load(console, scan, series, allow_gaps, hu_offset)
            require_free_for(out, loaded.sha256)
            console.stage("segment")
            segmentation = segment_volume(loaded.volume, backend=chosen)
            console.stage("write")
            with finished_folder(out) as folder:
                write_segmentation(folder, segmentation, loaded.sha256)
        console.say(segmentation_table(segmentation))
        failed = [failure_text(q) for q in segmentation.failed]
        absent = [f"{q.name}: {q.reason}" for q in segmentation.quality if q.status is Status.NOT_MEASURABLE]
        console.close(out, (*loaded.warnings, *segmentation.warnings), (*failed, *absent))
