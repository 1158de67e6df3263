"""``coxa export`` for other software: DICOM objects, a 3D Slicer scene, an nnU-Net case.

Each reads the plan once, with its scan where the format needs it, and hands what it read to the writer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coxa.cli.console import CommandConsole
from coxa.errors import InputRefusedError, UsageError

if TYPE_CHECKING:
    from coxa.export.folder import ReadyPart
    from coxa.io.records.saved_plan import SavedPlan
    from coxa.io.scan import Scan
    from coxa.manufacturing.rules.process import Process


@dataclass(frozen=True)
class SourceOptions:
    """The options that name the scan which the plan was made on."""

    scan: Path | None
    series: str | None
    allow_gaps: bool


def export_slicer(console: CommandConsole, plan: Path, out: Path, process: Process, force: bool) -> None:
    """Write a plan's folder as a 3D Slicer scene; its printed parts are checked as any part that leaves the plan."""
    from coxa.export.folder import write_plan_certificates, write_slicer
    from coxa.io import finished_folder
    from coxa.io.records.saved_plan import read_saved_case

    with console.stages(("read", "print check", "write")):
        console.stage("read")
        saved = read_saved_case(plan)
        parts = _checked(console, saved, process, force)
        console.stage("write")
        with finished_folder(out) as folder:
            write_slicer(folder, saved)
            write_plan_certificates(folder, saved.plan, parts)
    _close(console, out, parts)


def export_dicom(
    console: CommandConsole,
    plan: Path,
    out: Path,
    process: Process,
    force: bool,
    source: SourceOptions,
    keep_identity: bool,
) -> None:
    """Write a plan's folder as DICOM objects of its scan's study; its printed parts are checked as any others."""
    from coxa.export.folder import write_dicom, write_plan_certificates
    from coxa.io import finished_folder
    from coxa.io.records.saved_plan import read_saved_case

    with console.stages(("read", "load", "print check", "write")):
        console.stage("read")
        saved = read_saved_case(plan)
        scan_path, scan = _loaded(console, saved, source)
        parts = _checked(console, saved, process, force)
        console.stage("write")
        with finished_folder(out) as folder:
            write_dicom(folder, saved, scan_path, scan, keep_identity)
            write_plan_certificates(folder, saved.plan, parts)
    _close(console, out, parts)


def export_nnunet(console: CommandConsole, plan: Path, out: Path, source: SourceOptions) -> None:
    """Write scan and labels as an nnU-Net training case; no part leaves the plan."""
    from coxa.export.folder import write_nnunet
    from coxa.io import finished_folder
    from coxa.io.records.saved_plan import read_saved_case

    with console.stages(("read", "load", "write")):
        console.stage("read")
        saved = read_saved_case(plan)
        _, scan = _loaded(console, saved, source)
        console.stage("write")
        with finished_folder(out) as folder:
            write_nnunet(folder, saved, scan)
    _close(console, out, {})


def _loaded(console: CommandConsole, saved: SavedPlan, source: SourceOptions) -> tuple[Path, Scan]:
    """Load the scan that the plan was made on; without it, or with another, there is nothing to write."""
    from coxa.io import load_scan

    if source.scan is None:
        raise UsageError("this format needs the scan that the plan was made on: name it with --scan")
    console.stage("load")
    scan = load_scan(source.scan, series=source.series, allow_gaps=source.allow_gaps)
    if scan.sha256 != saved.plan.input_sha256:
        raise InputRefusedError("the scan (--scan) is not the one that the plan was made on")
    return source.scan, scan


def _checked(console: CommandConsole, saved: SavedPlan, process: Process, force: bool) -> dict[str, ReadyPart]:
    from coxa.export.folder import checked_parts, require_printable

    console.stage("print check")
    parts = checked_parts(saved, process)
    if not force:
        require_printable(parts)
    return parts


def _close(console: CommandConsole, out: Path, parts: dict[str, ReadyPart]) -> None:
    from coxa.manufacturing.rules.certificate import failed_certificates

    console.close(out, (), failed_certificates({name: part.certificate for name, part in parts.items()}))
