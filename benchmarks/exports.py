"""Write the table of docs/exports.md: every kind of file that Coxa exports, who else read it, and what they read.

    python benchmarks/exports.py PLAN SCAN

PLAN is a folder made by ``coxa plan``, SCAN the DICOM folder that it was made on. Readers that are not installed are
named as absent: trimesh, SimpleITK, highdicom (with the tests' extras), slicerio (pip), dciodvfy (Debian dicom3tools),
dsrdump (dcmtk), admesh, assimp (assimp-utils).
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from coxa.cli.app import app
from coxa.io.dicom_stl import read_dicom_stl

PAGE = Path(__file__).parents[1] / "docs" / "exports.md"
PART_FORMATS = ("stl", "3mf", "ply", "obj", "glb")
TABLE = "| file | reader | what it read |\n|---|---|---|\n"
"""Where the page's table begins; what stands before it is kept."""


def coxa(*arguments: object) -> None:
    app([str(a) for a in arguments], standalone_mode=False)


def said(*command: object) -> str:
    if shutil.which(str(command[0])) is None:
        return ""
    done = subprocess.run([str(c) for c in command], capture_output=True)
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
    return rows


def dicom_rows(folder: Path, plan: Path) -> list[tuple[str, str, str]]:
    import highdicom
    import SimpleITK as sitk

    rows = []
    for path in sorted(folder.glob("*.dcm")):
        text = said("dciodvfy", "-new", path)
        errors = sum(line.startswith("Error") for line in text.splitlines())
        rows.append((path.name, "dciodvfy", f"{errors} errors" if text else "reader absent"))
    segmentation = folder / "segmentation.dcm"
    read = highdicom.seg.segread(segmentation)
    rows.append((segmentation.name, "highdicom", ", ".join(str(s.SegmentLabel) for s in read.SegmentSequence)))
    frames = sitk.GetArrayFromImage(sitk.ReadImage(str(segmentation)))
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(plan / "segmentation.nii.gz")))
    count = f"{int((frames > 0).sum()):,} voxels set; segmentation.nii.gz has {int((labels > 0).sum()):,}"
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


def slicer_rows(folder: Path) -> list[tuple[str, str, str]]:
    import SimpleITK as sitk

    rows = []
    try:
        import slicerio

        segments = slicerio.read_segmentation(str(folder / "segmentation.seg.nrrd"))["segments"]
        words = ", ".join(f"{s['name']} = {s['terminology']['type'][2]}" for s in segments)
    except ImportError:
        words = "reader absent"
    rows.append(("segmentation.seg.nrrd", "slicerio", words))
    transform = sitk.ReadTransform(str(folder / "app_from_lps.tfm"))
    points = json.loads((folder / "landmarks.mrk.json").read_text())["markups"][0]["controlPoints"]
    left = next(p["position"] for p in points if p["label"] == "ASIS_L")
    moved = ", ".join(f"{c + 0.0:.1f}" for c in np.round(transform.TransformPoint(left), 1))
    rows.append(("app_from_lps.tfm", "SimpleITK", f"left ASIS at ({moved}) mm in the APP frame"))
    return rows


def nnunet_rows(folder: Path) -> list[tuple[str, str, str]]:
    import SimpleITK as sitk

    home = folder / "Dataset001_Coxa"
    image, labels = (sitk.ReadImage(str(next((home / name).iterdir()))) for name in ("imagesTr", "labelsTr"))
    same = image.GetSize() == labels.GetSize() and np.allclose(image.GetOrigin(), labels.GetOrigin())
    named = len(json.loads((home / "dataset.json").read_text())["labels"])
    return [("Dataset001_Coxa", "SimpleITK", f"image and labels on one grid: {same}; {named} named labels")]


def main() -> None:
    plan, scan = Path(sys.argv[1]), Path(sys.argv[2])
    rows: list[tuple[str, str, str]] = []
    readers: dict[str, Callable[[Path], list[tuple[str, str, str]]]] = {
        "dicom": lambda folder: dicom_rows(folder, plan),
        "slicer": slicer_rows,
        "nnunet": nnunet_rows,
    }
    with tempfile.TemporaryDirectory() as temporary:
        for kind in (*PART_FORMATS, *readers):
            out = Path(temporary) / kind
            extra = ("--scan", scan) if kind in ("dicom", "nnunet") else ()
            coxa("export", plan, "-o", out, "--format", kind, *extra, "--json")
            rows += readers[kind](out) if kind in readers else part_rows(out, kind)
    table = "".join(f"| `{name}` | {reader} | {what} |\n" for name, reader, what in rows)
    kept = PAGE.read_text(encoding="utf-8").partition(TABLE)[0]
    PAGE.write_text(kept + TABLE + table, encoding="utf-8")


if __name__ == "__main__":
    main()
