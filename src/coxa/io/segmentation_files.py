"""Segmentations in files: NIfTI labels, their JSON, Slicer's ``.seg.nrrd``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from coxa import __version__
from coxa.errors import InputRefusedError, SchemaError
from coxa.geometry.grid import Grid
from coxa.io.images import read_image, write_array
from coxa.io.outputs import write_json
from coxa.labels import Segmentation
from coxa.volume import reorient_array, restore_array

if TYPE_CHECKING:
    import SimpleITK as sitk

COLOURS: Mapping[str, tuple[float, float, float]] = {
    "hip_left": (0.90, 0.78, 0.55),
    "hip_right": (0.55, 0.75, 0.90),
    "sacrum": (0.72, 0.62, 0.82),
    "femur_left": (0.95, 0.62, 0.42),
    "femur_right": (0.42, 0.80, 0.72),
    "metal": (0.85, 0.20, 0.25),
}
"""RGB of the structures, 0 to 1; others are grey."""
_OTHER_COLOUR = (0.6, 0.6, 0.6)


def write_segmentation(folder: Path, segmentation: Segmentation, input_sha256: str) -> list[Path]:
    """Write ``segmentation.nii.gz``, ``segmentation.json`` and ``segmentation.seg.nrrd`` into ``folder``.

    Parameters
    ----------
    folder : Path
        Must exist.
    segmentation : Segmentation
    input_sha256 : str
        Of the scan, as :class:`coxa.io.scan.Scan` gives it.
    """
    labels, codec, slicer = (folder / f"segmentation.{suffix}" for suffix in ("nii.gz", "json", "seg.nrrd"))
    write_array(labels, segmentation.labels, segmentation.grid)
    write_json(codec, segmentation_to_json(segmentation, input_sha256))
    write_seg_nrrd(slicer, segmentation)
    return [labels, codec, slicer]


def segmentation_to_json(segmentation: Segmentation, input_sha256: str) -> dict[str, Any]:
    """Return the content of ``segmentation.json``: label names, origin and quality of each structure."""
    return {
        "labels": {str(value): name for value, name in sorted(segmentation.names.items())},
        "software": {"name": "coxa", "version": __version__},
        "input_sha256": input_sha256,
        "backend": segmentation.backend,
        "quality": [asdict(quality) for quality in segmentation.quality],
    }


def write_seg_nrrd(path: Path, segmentation: Segmentation) -> None:
    """Write the labels as 3D Slicer's segmentation file, with names and colours; absent structures are left out."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(segmentation.labels)
    image.SetSpacing(segmentation.grid.spacing_mm)
    image.SetOrigin(segmentation.grid.origin_lps_mm.tolist())
    image.SetDirection(segmentation.grid.direction.ravel().tolist())
    for key, value in _slicer_fields(segmentation).items():
        image.SetMetaData(key, value)
    sitk.WriteImage(image, str(path), useCompression=True, compressionLevel=1)


def read_segmentation(path: Path, grid: Grid) -> Segmentation:
    """Read a label file made by Coxa or by someone else, onto the scan's own grid.

    Names come from ``segmentation.json`` (or a JSON with the label file's own name) beside it, or from the header of
    a ``.seg.nrrd``. The file may order or flip its axes otherwise than the scan, as long as the voxels coincide.

    Parameters
    ----------
    path : Path
    grid : Grid
        Of the scan that the labels belong to.

    Raises
    ------
    SchemaError
        When no names are found, or they are malformed.
    InputRefusedError
        When the labels are not integers from 0 to 255 or lie on another grid.
    """
    array, stored = read_image(path)
    names = _names_in_header(path) or _names_beside(path)
    labels = _as_labels(path, array)
    axes, flips = stored.axes_nearest_lps()
    scan_axes, scan_flips = grid.axes_nearest_lps()
    if not stored.reoriented(axes, flips).matches(grid.reoriented(scan_axes, scan_flips)):
        raise InputRefusedError(
            f"'{path.name}' lies on another grid than the scan (size {stored.size}, spacing {stored.spacing_mm} mm "
            f"against {grid.size}, {grid.spacing_mm} mm): resample the labels to the scan, nearest neighbour"
        )
    restored = restore_array(reorient_array(labels, axes, flips), scan_axes, scan_flips)
    return Segmentation(np.ascontiguousarray(restored, dtype=np.uint8), grid, names, backend="file")


def _as_labels(path: Path, array: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array.view(np.uint8)
    labels = array.astype(np.uint8)
    if not np.array_equal(labels, array):
        raise InputRefusedError(f"'{path.name}' holds values that are not whole labels from 0 to 255")
    return labels


def _names_beside(path: Path) -> dict[int, str]:
    stem = path.name.split(".")[0]
    for candidate in (path.with_name(f"{stem}.json"), path.with_name("segmentation.json")):
        if candidate.is_file():
            return _names_from_json(candidate)
    raise SchemaError(
        f"'{path.name}' has no names for its labels: put '{stem}.json' beside it with "
        '{"labels": {"1": "hip_left", "2": "hip_right", "3": "sacrum", "4": "femur_left", "5": "femur_right"}}'
    )


def _names_from_json(path: Path) -> dict[int, str]:
    try:
        labels = json.loads(path.read_text(encoding="utf-8"))["labels"]
        names = {int(value): name for value, name in labels.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SchemaError(f"'{path.name}' has no proper 'labels' entry such as {{\"1\": \"hip_left\"}}") from error
    if not all(isinstance(name, str) and 0 < value < 256 for value, name in names.items()):
        raise SchemaError(f"'{path.name}': labels are whole numbers from 1 to 255, names are words")
    if len(set(names.values())) != len(names):
        raise SchemaError(f"'{path.name}' gives one name to several labels")
    return names


def _names_in_header(path: Path) -> dict[int, str]:
    import SimpleITK as sitk

    if not path.name.lower().endswith(".seg.nrrd"):
        return {}
    reader: sitk.ImageFileReader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    names = {}
    for number in range(256):
        keys = (f"Segment{number}_LabelValue", f"Segment{number}_Name")
        if all(reader.HasMetaDataKey(key) for key in keys):
            names[int(reader.GetMetaData(keys[0]))] = reader.GetMetaData(keys[1])
    return names


def _slicer_fields(segmentation: Segmentation) -> dict[str, str]:
    from scipy.ndimage import find_objects

    fields = {
        "Segmentation_MasterRepresentation": "Binary labelmap",
        "Segmentation_ContainedRepresentationNames": "Binary labelmap|",
        "Segmentation_ReferenceImageExtentOffset": "0 0 0",
    }
    boxes = find_objects(segmentation.labels)
    present = [(v, n) for v, n in sorted(segmentation.names.items()) if v <= len(boxes) and boxes[v - 1]]
    for number, (value, name) in enumerate(present):
        extent = " ".join(f"{s.start} {s.stop - 1}" for s in reversed(boxes[value - 1]))
        colour = " ".join(f"{c:.2f}" for c in COLOURS.get(name, _OTHER_COLOUR))
        values = {"ID": name, "Name": name, "LabelValue": str(value), "Layer": "0", "Extent": extent, "Color": colour}
        values |= {"ColorAutoGenerated": "0", "NameAutoGenerated": "0", "Tags": ""}
        fields |= {f"Segment{number}_{key}": text for key, text in values.items()}
    return fields
