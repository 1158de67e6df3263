"""``coxa export`` for other software: DICOM objects, a 3D Slicer scene, an nnU-Net case."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coxa.cli.console import CommandConsole
from coxa.errors import InputRefusedError, UsageError

if TYPE_CHECKING:
    from coxa.export.folder import ReadyPart
    from coxa.manufacturing.rules.process import Process
    from coxa.planning.plan import Plan


@dataclass(frozen=True)
class ScanOptions:
    """The scan that a plan was made on, and how it was read."""

    path: Path | None
    series: str | None
    allow_gaps: bool
    hu_offset: float


def export_case(
    console: CommandConsole,
    plan: Path,
    out: Path,
    kind: str,
    process: Process,
    force: bool,
    scan: ScanOptions,
    keep_identity: bool,
) -> None:
    """Read a plan's folder, and its scan where the format needs it, and write the case.

    The printed parts that DICOM objects and the scene hold are checked as any part that leaves the plan.

    Raises
    ------
    UsageError
        When the scan is needed and not given, or the plan is not a whole folder.
    InputRefusedError
        When the scan is not the plan's, or a part fails its check and that is not forced.
    """
    from coxa.export.folder import write_dicom, write_nnunet, write_plan_certificates, write_slicer
    from coxa.io import finished_folder, load_scan
    from coxa.io.records.plan_files import read_plan

    home = plan if plan.is_dir() else plan.parent
    if not (home / "segmentation.nii.gz").is_file() or not (home / "measurements.json").is_file():
        raise UsageError(f"--format {kind} needs the whole folder that `coxa plan` wrote, not plan.json alone")
    content = read_plan(plan)
    if kind == "slicer":
        with console.stages(("print check", "write")):
            parts = _checked(console, plan, content, process, force)
            console.stage("write")
            with finished_folder(out) as folder:
                write_slicer(folder, home)
                write_plan_certificates(folder, content, parts)
        _close(console, out, parts)
        return
    if scan.path is None:
        raise UsageError(f"--format {kind} needs the scan that the plan was made on: name it with --scan")
    parts = {}
    with console.stages(("load", "write") if kind == "nnunet" else ("load", "print check", "write")):
        console.stage("load")
        loaded = load_scan(scan.path, series=scan.series, allow_gaps=scan.allow_gaps, hu_offset=scan.hu_offset)
        if loaded.sha256 != content.input_sha256:
            raise InputRefusedError("the scan (--scan) is not the one that the plan was made on")
        if kind != "nnunet":
            parts = _checked(console, plan, content, process, force)
        console.stage("write")
        with finished_folder(out) as folder:
            if kind == "nnunet":
                write_nnunet(folder, home, loaded)
            else:
                write_dicom(folder, home, scan.path, loaded, keep_identity)
                write_plan_certificates(folder, content, parts)
    _close(console, out, parts)


def _checked(console: CommandConsole, plan: Path, content: Plan, process: Process, force: bool) -> dict[str, ReadyPart]:
    from coxa.export.folder import checked_parts, require_printable
    from coxa.io.records.plan_files import read_plan_meshes

    console.stage("print check")
    parts = checked_parts(content, read_plan_meshes(plan, content), process)
    if not force:
        require_printable(parts)
    return parts


def _close(console: CommandConsole, out: Path, parts: dict[str, ReadyPart]) -> None:
    from coxa.manufacturing.rules.certificate import failed_certificates

    console.close(out, (), failed_certificates({name: part.certificate for name, part in parts.items()}))
