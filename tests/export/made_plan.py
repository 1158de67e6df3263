"""A plan's folder and its DICOM scan, made of blocks and balls."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from coxa.anatomy import Side
from coxa.io.dicom.write import uid_from_seed, write_ct_dicom
from coxa.io.images.segmentation_files import write_segmentation
from coxa.io.meshes.mesh_files import write_stl
from coxa.io.records.case_files import write_case
from coxa.io.records.plan_files import write_plan
from coxa.io.scan import Scan
from coxa.io.scan_hash import scan_sha256
from coxa.planning.plan import PartFile
from tests.report.made_case import CENTRES, ball, case, planned, scan

SEED = "made plan"
IDENTITY = {"PatientName": "Mustermann^Erika", "PatientID": "ID-424242", "PatientBirthDate": "19520311"}
IDENTITY |= {"PatientSex": "F", "StudyDate": "20240229", "AccessionNumber": "A-777", "StudyID": "S-1"}
SECRETS = ("Mustermann", "ID-424242", "19520311", "20240229", "A-777")


def write_source(folder: Path) -> Scan:
    """Write the made scan as DICOM with a patient's identity, and return it as the loader would."""
    volume, _ = scan()
    write_ct_dicom(folder, volume, series_description="made", seed_uid=SEED, extra=IDENTITY)
    names = {"study": "study", "series": "series", "frame_of_reference": "frame"}
    uids = {key: uid_from_seed(SEED, word) for key, word in names.items()}
    return Scan(volume, scan_sha256(volume), "dicom", uids=uids)


def write_plan_folder(folder: Path, loaded: Scan) -> Path:
    """Write what `coxa plan` would: plan, meshes, segmentation, measurements."""
    _, segmentation = scan()
    (folder / "meshes").mkdir(parents=True)
    centre = CENTRES[Side.LEFT]
    meshes = {
        "augment_part": ball(np.add(centre, [0, 0, 20]), 9.0),
        "hip_left": ball(centre, 25.0),
        "cup": ball(centre, 15.0),
    }
    parts = []
    for name, mesh in meshes.items():
        write_stl(folder / "meshes" / f"{name}.stl", mesh)
        content = (folder / "meshes" / f"{name}.stl").read_bytes()
        parts.append(PartFile(name, f"meshes/{name}.stl", hashlib.sha256(content).hexdigest(), True))
    plan = replace(planned().plan, input_sha256=loaded.sha256, parts=tuple(parts))
    write_plan(folder / "plan.json", plan)
    write_segmentation(folder, segmentation, loaded.sha256)
    write_case(folder, replace(case(), input_sha256=loaded.sha256))
    return folder


def far_apart(a: np.ndarray, b: np.ndarray) -> float:
    """Return the largest distance of corresponding points."""
    return float(np.linalg.norm(np.asarray(a) - np.asarray(b), axis=-1).max())
