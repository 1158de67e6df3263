"""A case as a 3D Slicer scene: segmentation, models, markups and transforms with one ``scene.mrml`` that opens them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from coxa.case import MeasuredCase
from coxa.errors import CoxaError, UnreadableInputError
from coxa.export.codes import side_code, structure_code
from coxa.export.slicer.markups import measurement_markups, plan_markups
from coxa.export.slicer.reread import reread_scene
from coxa.geometry.frames import RigidTransform, functional_frame
from coxa.io.images.image_files import read_image
from coxa.io.images.label_names import find_names
from coxa.io.outputs import write_json
from coxa.io.records.landmark_markups import landmarks_to_markups
from coxa.planning.plan import Plan
from coxa.structure_colours import structure_colour

HIDDEN_MODELS = ("augment", "hip_native")
"""Loaded but not shown: they stand where the printed part and the bone of today stand."""


def write_scene(folder: Path, segmentation: Path, case: MeasuredCase, plan: Plan, models: Mapping[str, Path]) -> None:
    """Write the scene's files and ``scene.mrml``, and read them all again.

    Parameters
    ----------
    folder : Path
        Must exist.
    segmentation : Path
        The ``.seg.nrrd`` of a plan's folder.
    case : MeasuredCase
    plan : Plan
    models : Mapping[str, Path]
        STL files by name; copied.

    Raises
    ------
    UnreadableInputError
        When the segmentation is damaged.
    RoundTripError
        When a file re-reads as something else.
    """
    require_whole(segmentation)
    copies = {f"{name}.stl": path for name, path in models.items()}
    markups, transforms = scene_markups(case, plan), scene_transforms(case)
    write_with_terminology(segmentation, folder / "segmentation.seg.nrrd")
    for name, content in markups.items():
        write_json(folder / name, content)
    for name, transform in transforms.items():
        write_transform(folder / name, transform)
    for name, path in copies.items():
        shutil.copyfile(path, folder / name)
    write_mrml(folder)
    reread_scene(folder, segmentation, markups, transforms, copies)


def scene_markups(case: MeasuredCase, plan: Plan) -> dict[str, dict[str, Any]]:
    """Return the content of each markups file: a node a file, as Slicer reads it most widely."""
    frame = RigidTransform(plan.lps_from_app, "lps", "app")
    axes = functional_frame(frame).axes if plan.cup.angle_frame == "functional" else frame.axes
    files = {"landmarks.mrk.json": landmarks_to_markups(case.landmarks)}
    for document in (measurement_markups(case), plan_markups(plan, np.asarray(axes))):
        for markup in document["markups"]:
            stem = "".join(c if c.isalnum() else "_" for c in markup["name"]).replace("__", "_")
            files[f"{stem}.mrk.json"] = {"@schema": document["@schema"], "markups": [markup]}
    return files


def require_whole(segmentation: Path) -> None:
    """Refuse a ``.seg.nrrd`` that says something else than the NIfTI labels and the JSON beside it.

    Its reader does not look at the check sum: one bit that fell over moves voxels from bone to bone unseen.

    Raises
    ------
    UnreadableInputError
    """
    labels = segmentation.with_name("segmentation.nii.gz")
    try:
        (array, grid), (meant, where) = read_image(segmentation), read_image(labels)
        is_whole = grid.matches(where) and np.array_equal(array, meant)
        is_whole = is_whole and find_names(segmentation).items() <= find_names(labels).items()
    except (CoxaError, RuntimeError, ValueError):  # from ITK, and from a number in the header that is none
        is_whole = False
    if not is_whole:
        raise UnreadableInputError(f"the plan's {segmentation.name} or {labels.name} is damaged: plan again")


def write_with_terminology(source: Path, target: Path) -> None:
    """Copy a ``.seg.nrrd`` and say of each segment in coded terms what it is."""
    import SimpleITK as sitk

    image = sitk.ReadImage(str(source))
    for key in [key for key in image.GetMetaDataKeys() if key.endswith("_Name")]:
        number = key.removesuffix("_Name")
        image.SetMetaData(f"{number}_Tags", f"TerminologyEntry:{_terminology(image.GetMetaData(key))}|")
    sitk.WriteImage(image, str(target), useCompression=True, compressionLevel=1)


def _terminology(name: str) -> str:
    """Return Slicer's text form: context, category, type, modifier, anatomic context, region, region's modifier."""
    category, kind = structure_code(name)
    side = side_code(name)
    words = ["^".join((c.scheme_designator, c.value, c.meaning)) if c else "^^" for c in (category, kind, side)]
    return "~".join(["Segmentation category and type - DICOM master list", *words, "", "^^", "^^"])


def scene_transforms(case: MeasuredCase) -> dict[str, RigidTransform]:
    """Return ``app_from_lps.tfm`` and ``functional_from_lps.tfm``, which take LPS points to the frame."""
    app = case.landmarks.lps_from_app
    if app is None:
        return {}
    return {"app_from_lps.tfm": app.inverse(), "functional_from_lps.tfm": functional_frame(app).inverse()}


def write_transform(path: Path, transform: RigidTransform) -> None:
    """Write a transform for ITK.

    ITK's convention: the file holds what Slicer calls the transform from parent, so that its node takes the frame
    to the world.
    """
    import SimpleITK as sitk

    matrix = transform.matrix
    affine = sitk.AffineTransform(matrix[:3, :3].ravel().tolist(), matrix[:3, 3].tolist())
    sitk.WriteTransform(affine, str(path))


def write_mrml(folder: Path) -> None:
    """Write ``scene.mrml`` that names every file of the folder that Slicer loads."""
    root = ElementTree.Element("MRML", version="Slicer4.4.0", userTags="")
    for number, path in enumerate(sorted(p for p in folder.iterdir() if p.is_file()), start=1):
        kind = _class_of(path)
        if kind is None:
            continue
        stem = path.name.split(".")[0]
        storage, display = f"vtkMRML{_STORAGE[kind]}{number}", f"vtkMRML{_DISPLAY[kind]}{number}"
        ElementTree.SubElement(root, _STORAGE[kind].removesuffix("Node"), id=storage, fileName=path.name)
        references = f"storage:{storage};"
        if kind != "LinearTransform":
            visible = "false" if kind == "Model" and stem in HIDDEN_MODELS else "true"
            shown = ElementTree.SubElement(root, _DISPLAY[kind].removesuffix("Node"), id=display, visibility=visible)
            if kind == "Model":
                shown.set("color", " ".join(f"{c / 255:.3f}" for c in structure_colour(stem)))
            references += f"display:{display};"
        node = {"id": f"vtkMRML{kind}Node{number}", "name": stem, "references": references}
        ElementTree.SubElement(root, kind, node)
    tree = ElementTree.ElementTree(root)
    ElementTree.indent(tree)
    tree.write(folder / "scene.mrml", encoding="UTF-8", xml_declaration=True)


_STORAGE = {
    "Segmentation": "SegmentationStorageNode",
    "Model": "ModelStorageNode",
    "LinearTransform": "TransformStorageNode",
    "MarkupsFiducial": "MarkupsJsonStorageNode",
    "MarkupsLine": "MarkupsJsonStorageNode",
    "MarkupsPlane": "MarkupsPlaneJsonStorageNode",
    "MarkupsAngle": "MarkupsJsonStorageNode",
}
"""What reads the file: Slicer's fiducial storage knows only .fcsv; only the plane's own storage reads its normal."""
_DISPLAY = {
    "Segmentation": "SegmentationDisplayNode",
    "Model": "ModelDisplayNode",
    "LinearTransform": "TransformDisplayNode",
    "MarkupsFiducial": "MarkupsFiducialDisplayNode",
    "MarkupsLine": "MarkupsDisplayNode",
    "MarkupsPlane": "MarkupsPlaneDisplayNode",
    "MarkupsAngle": "MarkupsDisplayNode",
}


def _class_of(path: Path) -> str | None:
    if path.name.endswith(".seg.nrrd"):
        return "Segmentation"
    if path.suffix == ".stl":
        return "Model"
    if path.suffix == ".tfm":
        return "LinearTransform"
    if path.name.endswith(".mrk.json"):
        import json

        return "Markups" + str(json.loads(path.read_text(encoding="utf-8"))["markups"][0]["type"])
    return None
