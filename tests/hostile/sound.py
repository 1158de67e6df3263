"""One sound input for every reader: what the hostile ones are made from."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np

from coxa.geometry.mesh import Mesh
from coxa.io.images.image_files import write_array, write_volume
from coxa.io.meshes.mesh_files import write_stl
from coxa.io.meshes.mesh_formats import write_with_trimesh
from coxa.io.meshes.three_mf import write_3mf
from coxa.io.records.case_files import write_case
from coxa.io.records.plan_files import plan_to_json
from coxa.labels import Segmentation
from tests.cli.tiny_case import case_with, height, horizontal
from tests.io.body import AXIAL, body, write_body
from tests.io.test_plan_additions import plan_with_screw

REPOSITORY = Path(__file__).parents[2]

_HARRIS = (
    "patient,pain,limp,support,distance,stairs,shoes,sitting,transport,deformity,range_of_motion,vas\n"
    "p1,44,11,11,11,4,4,5,1,4,5,0\np2,30,8,7,8,2,2,3,0,4,4,3\n"
)


def write_sound(folder: Path) -> None:
    """Write every kind of input into a folder."""
    write_body(folder / "dicom")
    with zipfile.ZipFile(folder / "scan.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((folder / "dicom").iterdir()):
            archive.write(path, path.name)
    for name in ("scan.nii", "scan.nii.gz", "scan.nrrd", "scan.mha", "scan.mhd"):
        write_volume(folder / name, body())
    _write_meshes(folder)
    _write_labels(folder)
    for suffix in ("csv", "toml"):
        source = next((REPOSITORY / "sample_ct/study").glob(f"*.{suffix}"))
        shutil.copy(source, folder / f"study.{suffix}")
    (folder / "harris.csv").write_text(_HARRIS, encoding="utf-8")
    catalogues = (REPOSITORY / "src/coxa/planning/settings/catalogues").glob("*.json")
    shutil.copy(
        next(path for path in catalogues if '"$schema"' not in path.read_text("utf-8")), folder / "catalogue.json"
    )
    plan = json.dumps(plan_to_json(plan_with_screw()), allow_nan=False, indent=1)
    (folder / "plan.json").write_text(plan, encoding="utf-8")
    write_case(folder, case_with(height("left", 13.0), horizontal("left")))
    shutil.copy(next((REPOSITORY / "src/coxa/manufacturing").rglob("lpbf.toml")), folder / "process.toml")
    np.savez(folder / "surfaces.npz", **_atlas_arrays())


def _write_meshes(folder: Path) -> None:
    corners = np.array([[0, 0, 0], [2, 0, 0], [0, 3, 0], [0, 0, 5]], dtype=float)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    several = np.concatenate([corners + 10 * n for n in range(20)])
    mesh = Mesh(several, np.concatenate([faces + 4 * n for n in range(20)]))
    write_stl(folder / "part.stl", mesh)
    for suffix in ("ply", "obj", "glb"):
        write_with_trimesh(folder / f"part.{suffix}", mesh, {"SPACE": "LPS"})
    write_3mf(folder / "part.3mf", "part", mesh, "Ti", {})


def _write_labels(folder: Path) -> None:
    values = np.zeros(AXIAL.shape, dtype=np.uint8)
    values[5:8, 5:9, 5:9], values[5:8, 5:9, 30:40] = 1, 2
    segmentation = Segmentation(values, AXIAL, {1: "hip_left", 2: "hip_right"}, "test")
    write_array(folder / "labels.nii.gz", segmentation.labels, segmentation.grid)
    names = {"labels": {"background": 0, "hip_left": 1, "hip_right": 2}}
    (folder / "labels.json").write_text(json.dumps(names), encoding="utf-8")


def _atlas_arrays() -> dict[str, np.ndarray]:
    return {"schema": np.array("coxa.atlas/0"), "vertices": np.zeros((3, 4, 3)), "faces": np.zeros((4, 3), dtype=int)}
