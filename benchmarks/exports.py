"""Write the table of docs/exports.md: every kind of file that Coxa exports, who else read it, and what they read.

    python benchmarks/exports.py PLAN SCAN

PLAN is a folder made by ``coxa plan``, SCAN the DICOM folder that it was made on. The part is made and checked once and
written in each format as ``coxa export`` writes it. Readers that are not installed are named as absent: slicerio (pip),
dicom-validator (pip; it fetches the DICOM standard), dciodvfy (Debian dicom3tools), dsrdump (dcmtk), DicomSRValidator
(pixelmed-apps), admesh, assimp (assimp-utils).
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from coxa.anatomy import UNKNOWN_LABEL
from coxa.cli.app import app
from coxa.export.dicom.stl import read_dicom_stl
from coxa.export.folder import ready_parts, write_parts
from coxa.io.records.saved_plan import read_saved_plan
from coxa.manufacturing.rules.process import load_process

PAGE = Path(__file__).parents[1] / "docs" / "exports.md"
MARKUPS_RULES = Path(__file__).parents[1] / "tests" / "export" / "slicer_markups.schema.json"
DEVIATION_MM = 0.02
JAVA_OPTIONS = "-Djdk.xml.xpathExprOpLimit=0 -Djdk.xml.xpathTotalOpLimit=0 -Djdk.xml.xpathExprGrpLimit=0"
"""DicomSRValidator's rules are more than newer Java takes by itself."""
PART_FORMATS = ("stl", "3mf", "ply", "obj", "glb")
TABLE = "| file | reader | what it read |\n|---|---|---|\n"
"""Where the page's table begins; what stands before it is kept."""


def coxa(*arguments: object) -> None:
    app([str(a) for a in arguments], standalone_mode=False)


def said(*command: object) -> str:
    if shutil.which(str(command[0])) is None:
        return ""
    environment = os.environ | {"JAVA_TOOL_OPTIONS": JAVA_OPTIONS}
    done = subprocess.run([str(c) for c in command], capture_output=True, env=environment)
    return (done.stdout + done.stderr).decode(errors="replace")


def line_with(text: str, word: str) -> str:
    if not text:
        return "reader absent"
    return next((" ".join(line.split()) for line in text.splitlines() if word in line), "not read by this version")


def part_rows(folder: Path, kind: str) -> list[tuple[str, str, str]]:
    import trimesh

    path = folder / f"augment_part.{kind}"
    body = trimesh.load(path, force="mesh")
    body.merge_vertices()
    scale = 1000.0 if kind == "glb" else 1.0
    seen = f"{len(body.faces):,} triangles, watertight {body.is_watertight}, {body.volume * scale**3 / 1000:.3f} ml"
    rows = [(path.name, "trimesh", seen), (path.name, "assimp", line_with(said("assimp", "info", path), "Faces:"))]
    if kind == "stl":
        rows.append((path.name, "admesh", line_with(said("admesh", path), "Total disconnected facets")))
    if kind == "3mf":
        rows.append((path.name, "lib3mf", lib3mf_words(path)))
    return rows


def lib3mf_words(path: Path) -> str:
    import lib3mf

    model = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)
    reader.ReadFromFile(str(path))
    meshes, materials = model.GetMeshObjects(), model.GetBaseMaterialGroups()
    meshes.MoveNext(), materials.MoveNext()
    body, group = meshes.GetCurrentMeshObject(), materials.GetCurrentBaseMaterialGroup()
    named = group.GetName(group.GetAllPropertyIDs()[0])
    closed = body.IsManifoldAndOriented()
    unit = {1: "mm"}.get(int(model.GetUnit()), "another unit")
    return (
        f"{body.GetTriangleCount():,} triangles, manifold and oriented {closed}, {unit}, {named}, "
        f"{reader.GetWarningCount()} warnings in strict mode"
    )


def dicom_rows(folder: Path, plan: Path) -> list[tuple[str, str, str]]:
    import highdicom
    import SimpleITK as sitk

    rows = []
    for path in sorted(folder.glob("*.dcm")):
        text = said("dciodvfy", "-new", path)
        errors = sum(line.startswith("Error") for line in text.splitlines())
        rows.append((path.name, "dciodvfy", f"{errors} errors" if text else "reader absent"))
    rows.append(("*.dcm", "dicom-validator", validator_words(folder)))
    text = said("DicomSRValidator", folder / "measurements.dcm")
    errors = sum(line.startswith("Error") for line in text.splitlines())
    rows.append(("measurements.dcm", "DicomSRValidator", f"{errors} errors" if "complete" in text else "reader absent"))
    segmentation = folder / "segmentation.dcm"
    read = highdicom.seg.segread(segmentation)
    rows.append((segmentation.name, "highdicom", ", ".join(str(s.SegmentLabel) for s in read.SegmentSequence)))
    frames = sitk.GetArrayFromImage(sitk.ReadImage(str(segmentation)))
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(plan / "segmentation.nii.gz")))
    told = (labels > 0) & (labels != UNKNOWN_LABEL)  # what the scan cannot tell is no structure and is left out
    count = f"{int((frames > 0).sum()):,} voxels set; segmentation.nii.gz has {int(told.sum()):,} of these structures"
    rows.append((segmentation.name, "SimpleITK (GDCM)", count))
    content = highdicom.sr.srread(folder / "measurements.dcm").content
    points, groups = content.get_planar_roi_measurement_groups(), content.get_image_measurement_groups()
    values = sum(len(g.get_measurements()) for g in groups)
    rows.append(("measurements.dcm", "highdicom", f"{len(points)} landmarks, {values} measurements"))
    text = said("dsrdump", folder / "measurements.dcm")
    rows.append(
        ("measurements.dcm", "dsrdump (DCMTK)", f"{text.count('SCOORD3D:')} points, {text.count('NUM:')} numbers")
    )
    for path in sorted(p for p in folder.glob("*.dcm") if p.stem not in ("segmentation", "measurements")):
        stl = plan / "meshes" / f"{path.stem}.stl"
        same = hashlib.sha256(read_dicom_stl(path)).digest() == hashlib.sha256(stl.read_bytes()).digest()
        rows.append((path.name, "pydicom", f"the STL inside is bit-equal: {same}"))
    return rows


def validator_words(folder: Path) -> str:
    text = said(Path(sys.executable).with_name("validate_iods"), folder)
    if not text:
        return "reader absent"
    if "Failed to get DICOM editions" in text:
        return "not run: it fetches the DICOM standard first, and there was no network"
    return next(line.strip() for line in reversed(text.splitlines()) if line.strip())


def markups_words(path: Path) -> str:
    from jsonschema import Draft7Validator

    content = json.loads(path.read_text(encoding="utf-8"))
    errors = list(Draft7Validator(json.loads(MARKUPS_RULES.read_text(encoding="utf-8"))).iter_errors(content))
    markup = content["markups"][0]
    return (
        f"{len(errors)} errors against Slicer's schema 1.0.3; {markup['type']}, {len(markup['controlPoints'])} points"
    )


def slicer_rows(folder: Path, plan: Path) -> list[tuple[str, str, str]]:
    import pyvista as pv
    import SimpleITK as sitk

    rows = []
    try:
        import slicerio

        segments = slicerio.read_segmentation(str(folder / "segmentation.seg.nrrd"))["segments"]
        words = ", ".join(f"{s['name']} = {s['terminology']['type'][2]}" for s in segments)
    except ImportError:
        words = "reader absent"
    rows.append(("segmentation.seg.nrrd", "slicerio", words))
    image, labels = (sitk.ReadImage(str(p)) for p in (folder / "segmentation.seg.nrrd", plan / "segmentation.nii.gz"))
    same = np.array_equal(sitk.GetArrayViewFromImage(image), sitk.GetArrayViewFromImage(labels))
    words = f"{image.GetSize()} voxels, the same as in segmentation.nii.gz: {same}"
    rows.append(("segmentation.seg.nrrd", "SimpleITK", words))
    rows += [(path.name, "jsonschema", markups_words(path)) for path in sorted(folder.glob("*.mrk.json"))]
    models = [pv.read(path) for path in sorted(folder.glob("*.stl"))]
    words = f"{len(models)} models, all closed: {all(model.n_open_edges == 0 for model in models)}"
    rows.append(("*.stl of the scene", "VTK", words))
    transform = sitk.ReadTransform(str(folder / "app_from_lps.tfm"))
    points = json.loads((folder / "landmarks.mrk.json").read_text(encoding="utf-8"))["markups"][0]["controlPoints"]
    left = next(p["position"] for p in points if p["label"] == "ASIS_L")
    moved = ", ".join(f"{c + 0.0:.1f}" for c in np.round(transform.TransformPoint(left), 1))
    rows.append(("app_from_lps.tfm", "SimpleITK", f"left ASIS at ({moved}) mm in the APP frame"))
    return rows


def nnunet_rows(folder: Path) -> list[tuple[str, str, str]]:
    import SimpleITK as sitk

    home = folder / "Dataset001_Coxa"
    image, labels = (sitk.ReadImage(str(next((home / name).iterdir()))) for name in ("imagesTr", "labelsTr"))
    same = image.GetSize() == labels.GetSize() and np.allclose(image.GetOrigin(), labels.GetOrigin())
    named = len(json.loads((home / "dataset.json").read_text(encoding="utf-8"))["labels"])
    return [("Dataset001_Coxa", "SimpleITK", f"image and labels on one grid: {same}; {named} named labels")]


def main() -> None:
    plan, scan = Path(sys.argv[1]), Path(sys.argv[2])
    rows: list[tuple[str, str, str]] = []
    readers: dict[str, Callable[[Path], list[tuple[str, str, str]]]] = {
        "dicom": lambda folder: dicom_rows(folder, plan),
        "slicer": lambda folder: slicer_rows(folder, plan),
        "nnunet": nnunet_rows,
    }
    with tempfile.TemporaryDirectory() as temporary:
        saved = read_saved_plan(plan)
        parts = ready_parts(saved, load_process("lpbf"), DEVIATION_MM, None)
        for kind in PART_FORMATS:
            out = Path(temporary) / kind
            out.mkdir()
            write_parts(out, parts, kind, saved.sha256)
            rows += part_rows(out, kind)
        for kind, rows_of in readers.items():
            out = Path(temporary) / kind
            coxa("export", plan, "-o", out, "--format", kind, "--scan", scan, "--json")
            rows += rows_of(out)
    table = "".join(f"| `{name}` | {reader} | {what} |\n" for name, reader, what in rows)
    kept = PAGE.read_text(encoding="utf-8").partition(TABLE)[0]
    PAGE.write_text(kept + TABLE + table, encoding="utf-8")


if __name__ == "__main__":
    main()
