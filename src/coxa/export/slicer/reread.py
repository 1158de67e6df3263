"""A 3D Slicer scene read again after writing, against what was meant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from coxa.errors import RoundTripError
from coxa.geometry.frames import RigidTransform

TRANSFORM_MM = 1e-6
"""A transform read back may place a point this far off, mm."""
_PROBES_MM = np.array([[0.0, 0.0, 0.0], [100.0, 0.0, 0.0], [0.0, 100.0, 0.0], [0.0, 0.0, 100.0]])
"""Four points that fix an affine transform, mm."""


def reread_scene(
    folder: Path,
    segmentation: Path,
    markups: Mapping[str, Mapping[str, Any]],
    transforms: Mapping[str, RigidTransform],
    models: Mapping[str, Path],
) -> None:
    """Read every file of a scene again.

    Parameters
    ----------
    folder : Path
    segmentation : Path
        The ``.seg.nrrd`` whose voxels and names the scene shall have.
    markups : Mapping[str, Mapping]
        Content of each markups file, by name.
    transforms : Mapping[str, RigidTransform]
        Meant in each ``.tfm``, by name.
    models : Mapping[str, Path]
        Files that the scene's models are copies of, by the copy's name.

    Raises
    ------
    RoundTripError
        When one of them differs, or the scene names a file that is not there.
    """
    _reread_segmentation(folder / "segmentation.seg.nrrd", segmentation)
    for name, meant in markups.items():
        if json.loads((folder / name).read_text(encoding="utf-8")) != meant:
            raise RoundTripError(f"'{name}' re-reads with other points; write it again")
    for name, transform in transforms.items():
        _reread_transform(folder / name, transform)
    for name, source in models.items():
        if (folder / name).read_bytes() != source.read_bytes():
            raise RoundTripError(f"'{name}' is no copy of the plan's model; write it again")
    root = ElementTree.parse(folder / "scene.mrml").getroot()
    named = {node.get("fileName") for node in root if node.get("fileName")}
    wanted = {"segmentation.seg.nrrd", *markups, *transforms, *models}
    if named != wanted:
        raise RoundTripError(f"scene.mrml does not name its files: {', '.join(sorted(map(str, named ^ wanted)))}")


def _reread_segmentation(path: Path, source: Path) -> None:
    import SimpleITK as sitk

    again, meant = sitk.ReadImage(str(path)), sitk.ReadImage(str(source))
    same_grid = again.GetSize() == meant.GetSize() and all(
        np.allclose(getattr(again, get)(), getattr(meant, get)(), atol=1e-6)
        for get in ("GetOrigin", "GetSpacing", "GetDirection")
    )
    if not same_grid or not np.array_equal(sitk.GetArrayViewFromImage(again), sitk.GetArrayViewFromImage(meant)):
        raise RoundTripError(f"'{path.name}' re-reads with other voxels than the plan's; write it again")
    for key in (key for key in meant.GetMetaDataKeys() if key.endswith(("_Name", "_LabelValue"))):
        if not again.HasMetaDataKey(key) or again.GetMetaData(key) != meant.GetMetaData(key):
            raise RoundTripError(f"'{path.name}' re-reads with other names of its segments; write it again")


def _reread_transform(path: Path, meant: RigidTransform) -> None:
    import SimpleITK as sitk

    read = sitk.ReadTransform(str(path))
    moved = np.array([read.TransformPoint(point.tolist()) for point in _PROBES_MM])
    if np.abs(moved - meant.points(_PROBES_MM)).max() > TRANSFORM_MM:
        raise RoundTripError(f"'{path.name}' re-reads as another transform; write it again")
