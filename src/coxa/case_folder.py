"""What a folder of results holds: writes a measured or planned scan into an empty folder, file by file.

The folder is made to appear whole by :func:`coxa.io.outputs.finished_folder`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coxa.io.scan import Scan
    from coxa.pipeline import MeasuredScan, PlannedScan
    from coxa.planning.plan import PartFile, Plan

MESH_FOLDER = "meshes"


def write_measured(folder: Path, scan: Scan, measured: MeasuredScan) -> None:
    """Write segmentation, measurements, landmarks, the radiograph measured on and the picture to check all by."""
    from coxa.io.images.segmentation_files import write_segmentation
    from coxa.io.records.case_files import write_case
    from coxa.report import write_drr_picture, write_qc_picture

    write_segmentation(folder, measured.segmentation, scan.sha256)
    write_case(folder, measured.case)
    write_qc_picture(folder / "qc.png", scan.volume, measured.segmentation, measured.case.landmarks)
    write_drr_picture(folder / "drr.png", scan.volume, measured.segmentation, measured.case)


def write_planned(folder: Path, scan: Scan, planned: PlannedScan) -> Plan:
    """Write everything of a measured scan, then meshes, plan and report.

    Returns
    -------
    Plan
        As written: its parts refer to the mesh files, with their hashes and whether they are printable.
    """
    from coxa.io.records.plan_files import write_plan
    from coxa.report import write_report

    measured = planned.measured
    write_measured(folder, scan, measured)
    plan = replace(planned.planned.plan, parts=_write_meshes(folder, planned))
    write_plan(folder / "plan.json", plan)
    write_report(
        folder / "report.html",
        scan.volume,
        measured.segmentation,
        measured.case,
        replace(planned.planned, plan=plan),
        planned.certificates,
        surfaces=measured.surfaces,
    )
    return plan


def _write_meshes(folder: Path, planned: PlannedScan) -> tuple[PartFile, ...]:
    """Write bones and parts as STL, reading back each part that is to be printed."""
    from coxa.io.meshes.mesh_files import reread_stl, write_stl
    from coxa.planning.plan import PartFile

    (folder / MESH_FOLDER).mkdir()
    files = []
    bones = planned.measured.surfaces
    made = {name: mesh for name, mesh in planned.planned.meshes.items() if not any(mesh is b for b in bones.values())}
    for name, mesh in {**bones, **made}.items():
        path = folder / MESH_FOLDER / f"{name}.stl"
        sha256 = write_stl(path, mesh)
        certificate = planned.certificates.get(name)
        if certificate is not None:
            reread_stl(path, mesh)
        printable = None if certificate is None else certificate.printable
        files.append(PartFile(name, f"{MESH_FOLDER}/{path.name}", sha256, printable))
    return tuple(files)
