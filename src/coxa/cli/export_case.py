"""``coxa export`` for other software: DICOM objects, a 3D Slicer scene, an nnU-Net case."""

from __future__ import annotations

from pathlib import Path

from coxa.cli.conversation import Conversation
from coxa.errors import InputRefusedError, UsageError


def export_case(
    talk: Conversation,
    plan: Path,
    out: Path,
    kind: str,
    scan: Path | None,
    series: str | None,
    allow_gaps: bool,
    keep_identity: bool,
) -> None:
    """Read a plan's folder, and its scan where the format needs it, and write the case.

    Raises
    ------
    UsageError
        When the scan is needed and not given, or the plan is not a whole folder.
    InputRefusedError
        When the scan is not the plan's.
    """
    from coxa.export_folder import write_dicom, write_nnunet, write_slicer
    from coxa.io import finished_folder, load_scan
    from coxa.io.plan_files import read_plan

    home = plan if plan.is_dir() else plan.parent
    if not (home / "segmentation.nii.gz").is_file() or not (home / "measurements.json").is_file():
        raise UsageError(f"--format {kind} needs the whole folder that `coxa plan` wrote, not plan.json alone")
    if kind == "slicer":
        with talk.stages(("write",)), finished_folder(out) as folder:
            talk.stage("write")
            write_slicer(folder, home)
        talk.close(out, (), ())
        return
    if scan is None:
        raise UsageError(f"--format {kind} needs the scan that the plan was made on: name it with --scan")
    with talk.stages(("load", "write")):
        talk.stage("load")
        loaded = load_scan(scan, series=series, allow_gaps=allow_gaps)
        if loaded.sha256 != read_plan(plan).input_sha256:
            raise InputRefusedError("the scan (--scan) is not the one that the plan was made on")
        talk.stage("write")
        with finished_folder(out) as folder:
            if kind == "nnunet":
                write_nnunet(folder, home, loaded)
            else:
                write_dicom(folder, home, scan, loaded, keep_identity)
    talk.close(out, (), ())
