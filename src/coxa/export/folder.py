"""What a folder of exported parts holds: each part written, read again, with its sidecar and its certificate."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coxa.errors import CoxaError, InputRefusedError

if TYPE_CHECKING:
    from coxa.geometry.deviation import Deviation
    from coxa.geometry.mesh import Mesh
    from coxa.io.records.saved_plan import SavedCase, SavedPlan
    from coxa.io.scan import Scan
    from coxa.labels import Segmentation
    from coxa.manufacturing import Certificate
    from coxa.manufacturing.rules.process import Process
    from coxa.planning.plan import Plan

BONE_PROCESS = "sls"
"""What bone models are checked against; their walls are anatomy and are measured without a limit."""

FORCED_NOTE = "Some parts fail this check and were written on demand (--force)."


@dataclass(frozen=True, eq=False)
class ReadyPart:
    """A mesh ready to be written.

    Attributes
    ----------
    mesh : Mesh
        As it will be in the file.
    deviation : Deviation or None
        From the mesh of the plan, when triangles were saved.
    process : Process
    certificate : Certificate
    """

    mesh: Mesh
    deviation: Deviation | None
    process: Process
    certificate: Certificate


def ready_parts(
    saved: SavedPlan, process: Process, deviation_mm: float, bone_wall_mm: float | None
) -> dict[str, ReadyPart]:
    """Return the printed parts of a plan, with triangles saved and checked, and on demand the bone they belong to.

    Parameters
    ----------
    saved : SavedPlan
    process : Process
    deviation_mm : float
        Triangles are saved as long as no place moves farther; 0 keeps them all.
    bone_wall_mm : float or None
        None leaves the bone out, 0 adds the hip bone solid, more adds it hollow with a wall of that thickness.

    Raises
    ------
    InputRefusedError
        When there is nothing to print, or the augment was made for another cup or other screws.
    """
    from coxa.manufacturing.part.bone_model import hollow_model, solid_model
    from coxa.manufacturing.rules.process import load_process
    from coxa.planning.plan import PRINTED_PARTS

    plan, meshes = saved.plan, saved.meshes
    _require_current(plan)
    wanted = {name: (meshes[name], process) for name in PRINTED_PARTS if name in meshes}
    if bone_wall_mm is not None:
        limits = load_process(BONE_PROCESS)
        bone = solid_model(meshes[f"hip_{plan.side}"])
        bone = hollow_model(bone, bone_wall_mm, limits.escape_hole_mm) if bone_wall_mm else bone
        wanted[f"hip_{plan.side}_model"] = (bone, _without_wall_limits(limits))
    if not wanted:
        raise InputRefusedError(
            "the plan has no part to print: its cup is held by the patient's own bone (--bone exports that bone)"
        )
    return {name: _ready(plan, name, mesh, limits, deviation_mm) for name, (mesh, limits) in wanted.items()}


def checked_parts(saved: SavedPlan, process: Process) -> dict[str, ReadyPart]:
    """Return the printed parts of a plan as they are, checked; none when the cup is held by the patient's own bone.

    Raises
    ------
    InputRefusedError
        When the augment was made for another cup or other screws.
    """
    from coxa.planning.plan import PRINTED_PARTS

    _require_current(saved.plan)
    printed = {name: saved.meshes[name] for name in PRINTED_PARTS if name in saved.meshes}
    return {name: _ready(saved.plan, name, mesh, process, 0.0) for name, mesh in printed.items()}


def _require_current(plan: Plan) -> None:
    from coxa.planning.outdated import OUTDATED, is_outdated

    if is_outdated(plan):
        raise InputRefusedError(f"{OUTDATED}; nothing was written")


def _ready(plan: Plan, name: str, mesh: Mesh, limits: Process, deviation_mm: float) -> ReadyPart:
    from coxa.io.meshes.mesh_files import in_single_precision
    from coxa.manufacturing import check_mesh
    from coxa.manufacturing.part.simplify import simplified_within
    from coxa.planning.plan import PRINTED_PARTS

    designed = plan.augment.parameters.get("porosity") if name in PRINTED_PARTS else None
    porosity = float(designed) if designed is not None and plan.augment.porous_volume_ml else None
    tried: list[tuple[Mesh, Deviation | None]] = [simplified_within(mesh, deviation_mm)] if deviation_mm else []
    for made, deviation in [*tried, (mesh, None)]:
        as_filed = in_single_precision(made)  # who checks the file finds the same
        ready = ReadyPart(as_filed, deviation, limits, check_mesh(as_filed, limits, porosity))
        if ready.certificate.printable:
            break  # else the lighter one may have lost what its thinnest place needed
    return ready


def _without_wall_limits(limits: Process) -> Process:
    from dataclasses import replace

    return replace(limits, name=f"{limits.name}, bone", wall_mm=0.0, strut_mm=0.0)


def write_parts(folder: Path, parts: Mapping[str, ReadyPart], part_format: str, plan_sha256: str) -> None:
    """Write the parts with sidecars, ``print_certificate.json`` and its page with pictures."""
    from coxa.export.part_files import PartLabel, write_part, write_sidecar

    files: dict[str, dict[str, Any]] = {}
    for name, part in parts.items():
        outcome = "passed" if part.certificate.printable else "failed, written on demand"
        label = PartLabel(name, plan_sha256, part.process.material, part.process.name, outcome)
        path = folder / f"{name}.{part_format}"
        round_trip = write_part(path, part.mesh, label)
        simplified = None if part.deviation is None else asdict(part.deviation)
        files[name] = write_sidecar(folder / f"{name}.json", path, label, round_trip, {"simplified": simplified})
    _write_certificates(folder, parts, files)


def write_plan_certificates(folder: Path, plan: Plan, parts: Mapping[str, ReadyPart]) -> None:
    """Write the certificate of a plan's own parts, beside objects or models that hold the very same files."""
    files = {part.name: {"file": part.file, "sha256": part.sha256, "unit": "mm", "frame": "LPS"} for part in plan.parts}
    if parts:
        _write_certificates(folder, parts, files)


def _write_certificates(folder: Path, parts: Mapping[str, ReadyPart], files: Mapping[str, Mapping[str, Any]]) -> None:
    """Write ``print_certificate.json`` and its page; of each file its name, hash, unit and frame are told."""
    from coxa import __version__
    from coxa.io.outputs import write_json
    from coxa.report.pages.print_page import CheckedPart, write_print_page

    records = {
        name: {key: files[name][key] for key in ("file", "sha256", "unit", "frame")}
        | {"forced": not part.certificate.printable}
        | part.certificate.document()
        for name, part in parts.items()
    }
    software = {"name": "coxa", "version": __version__}
    write_json(folder / "print_certificate.json", {"software": software, "parts": records})
    shown = {name: CheckedPart(part.mesh, part.certificate) for name, part in parts.items()}
    forced = any(not part.certificate.printable for part in parts.values())
    write_print_page(folder / "print_certificate.html", shown, FORCED_NOTE if forced else "")


def write_certificate(folder: Path, source: Path, mesh: Mesh, certificate: Certificate) -> None:
    """Write the certificate of one mesh file, whatever it is, as JSON and as a page with pictures.

    Parameters
    ----------
    folder : Path
        Must exist.
    source : Path
        The file that was checked; its name and hash are recorded, never where it lies.
    mesh : Mesh
        As it was read.
    certificate : Certificate
    """
    import hashlib

    from coxa import __version__
    from coxa.io.outputs import write_json
    from coxa.report.pages.print_page import CheckedPart, write_print_page

    name, stem = (_in_unicode(word) for word in (source.name, source.stem))
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    record = {"file": name, "sha256": digest, "unit": "mm", "frame": "lps"} | certificate.document()
    software = {"name": "coxa", "version": __version__}
    write_json(folder / "print_certificate.json", {"software": software, "parts": {stem: record}})
    note = f"Checked: {name}, SHA-256 {digest}. Places and lengths are in LPS millimetres."
    write_print_page(folder / "print_certificate.html", {stem: CheckedPart(mesh, certificate)}, note)


def _in_unicode(name: str) -> str:
    """Return a file's name as text can hold it: a name may be any bytes."""
    return os.fsencode(name).decode("utf-8", errors="replace")


def require_printable(parts: Mapping[str, ReadyPart]) -> None:
    """Refuse parts that fail their check.

    Raises
    ------
    InputRefusedError
        Naming the first rule that fails and how to go on.
    """
    from coxa.manufacturing.rules.certificate import failed_certificates

    failed = failed_certificates({name: part.certificate for name, part in parts.items()})
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise InputRefusedError(
            f"{failed[0]}{more}; nothing was written. See it with `coxa check`, correct the plan, or write the part "
            "with --force: its files then say that it failed"
        )


def write_slicer(folder: Path, saved: SavedCase) -> None:
    """Write a 3D Slicer scene of a plan."""
    from coxa.export.slicer.scene import write_scene

    write_scene(folder, saved.segments_file, saved.case, saved.plan, saved.mesh_files)


def write_nnunet(folder: Path, saved: SavedCase, scan: Scan) -> None:
    """Write scan and labels as an nnU-Net training case."""
    from coxa.export.nnunet import write_nnunet_case
    from coxa.io.images.label_files import KNOWN_OR_NOT

    write_nnunet_case(folder, saved.plan.case_id, scan.volume, _labels_of(saved, scan, KNOWN_OR_NOT))


def write_dicom(folder: Path, saved: SavedCase, scan_path: Path, scan: Scan, keep_identity: bool) -> None:
    """Write segmentation, report and models as DICOM objects of the scan's study and frame of reference.

    Models are the plan's own files: the printed parts and the hip bone they belong to, byte for byte. Each object is
    read again.

    Raises
    ------
    RoundTripError
        When an object re-reads as something else.
    """
    from coxa.export.dicom.report import write_dicom_report
    from coxa.export.dicom.reread import reread_dicom_report, reread_dicom_segmentation, reread_dicom_stl
    from coxa.export.dicom.segmentation import write_dicom_segmentation
    from coxa.export.dicom.source import source_images
    from coxa.export.dicom.stl import write_dicom_stl
    from coxa.planning.plan import PRINTED_PARTS

    seed = saved.sha256
    pseudonym = None if keep_identity else saved.plan.case_id
    images = source_images(scan_path, scan, pseudonym=pseudonym)
    segmentation = _labels_of(saved, scan)
    write_dicom_segmentation(folder / "segmentation.dcm", segmentation, images, pseudonym=pseudonym, seed=seed)
    reread_dicom_segmentation(folder / "segmentation.dcm", segmentation)
    write_dicom_report(folder / "measurements.dcm", saved.case, images, pseudonym=pseudonym, seed=seed)
    reread_dicom_report(folder / "measurements.dcm", saved.case)
    wanted = (*PRINTED_PARTS, "cup", f"hip_{saved.plan.side}")
    models = {name: file for name, file in saved.mesh_files.items() if name in wanted}
    for number, (name, file) in enumerate(models.items(), start=1):
        content = file.read_bytes()
        path = folder / f"{name}.dcm"
        write_dicom_stl(path, content, name, number, images, pseudonym=pseudonym, seed=seed)
        reread_dicom_stl(path, content)


def _labels_of(saved: SavedCase, scan: Scan, wanted: Mapping[int, str] | None = None) -> Segmentation:
    from coxa.io.images.label_files import KNOWN, read_labels

    try:
        segmentation = read_labels(saved.labels_file, wanted=wanted or KNOWN)
    except CoxaError as error:  # what read_labels advises is for files of the user's own
        raise InputRefusedError("the plan's segmentation.nii.gz or segmentation.json is damaged: plan again") from error
    if not segmentation.grid.matches(scan.volume.grid):
        raise InputRefusedError("segmentation.nii.gz lies on another grid than the scan: plan again")
    return segmentation
