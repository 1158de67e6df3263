"""Label files in: Coxa's own, 3D Slicer's, nnU-Net's and TotalSegmentator's, as one file or one mask a structure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coxa.anatomy import LABELS, LINER_LABELS, METAL_PART_LABELS, UNKNOWN, UNKNOWN_LABEL
from coxa.errors import InputRefusedError, SchemaError, UsageError
from coxa.geometry.grid import Grid
from coxa.io.images.image_files import image_suffix, read_image
from coxa.io.images.label_names import find_names, require_bones, structure_name
from coxa.labels import Segmentation

LARGEST_LABEL = 65535
"""Largest value of an unsigned 16-bit voxel."""
KNOWN: Mapping[int, str] = {**LABELS, **METAL_PART_LABELS, **LINER_LABELS}
"""All structures that Coxa writes, by value."""
KNOWN_OR_NOT: Mapping[int, str] = {**KNOWN, UNKNOWN_LABEL: UNKNOWN}
"""The same and what names no structure."""
OWN_VALUE: Mapping[str, int] = {name: value for value, name in KNOWN.items()}


def read_labels(path: Path, names: Mapping[int, str] | None = None, wanted: Mapping[int, str] = KNOWN) -> Segmentation:
    """Read the structures that Coxa knows, by name, with Coxa's own values; all others are left out.

    What a file calls unknown is left out too: where bones are measured it is found anew from the scan and the labels,
    which may have been corrected since.

    Parameters
    ----------
    path : Path
        A NIfTI, NRRD or MetaImage with one value a structure, or a folder with one binary mask a structure, named
        after it (``hip_left.nii.gz``), as TotalSegmentator writes.
    names : Mapping[int, str], optional
        Label value to name, in Coxa's spelling; otherwise :func:`coxa.io.images.label_names.find_names` looks for them.
    wanted : Mapping[int, str]
        What is kept, by the value that it gets; of a folder of masks always ``KNOWN``.

    Returns
    -------
    Segmentation
        On the file's own grid, whatever that is; ``names`` holds the structures that the file has a name for.

    Raises
    ------
    SchemaError
        When there are no names, or none for the hip bones.
    InputRefusedError
        When the values are no labels, or masks overlap or lie on different grids.
    """
    if path.is_dir():
        if names is not None:
            raise UsageError("masks in a folder are named by their files: leave --label-names out")
        return _read_masks(path)
    array, grid = read_image(path)
    found = find_names(path) if names is None else dict(names)
    require_bones(found.values())
    own_value = {name: value for value, name in wanted.items()}
    known = {value: own_value[name] for value, name in found.items() if name in own_value}
    labels = _renumbered(_whole_numbers(array), known)
    return Segmentation(labels, grid, {own: wanted[own] for own in sorted(known.values())}, backend="file")


def _read_masks(folder: Path) -> Segmentation:
    files = {_name_of(path): path for path in sorted(folder.iterdir()) if image_suffix(path)}
    known = [name for name in files if name in OWN_VALUE]
    require_bones(files)
    grid: Grid | None = None
    labels = np.empty(0, dtype=np.uint8)
    for name in known:
        mask, stored = read_image(files[name])
        if grid is None:
            grid, labels = stored, np.zeros(stored.shape, dtype=np.uint8)
        if not stored.matches(grid):
            raise InputRefusedError(f"the mask of {name} lies on another grid than the others: export them all anew")
        inside = mask != 0
        shared = labels[inside & (labels > 0)]
        if len(shared):
            raise InputRefusedError(
                f"{len(shared)} voxels belong to the masks of both {name} and {KNOWN[int(shared[0])]}: correct them, "
                "which bone they are cannot be known"
            )
        labels[inside] = OWN_VALUE[name]
    if grid is None:
        raise SchemaError("the folder holds no mask that is named after a bone, such as hip_left.nii.gz")
    return Segmentation(labels, grid, {OWN_VALUE[name]: name for name in known}, backend="file")


def _name_of(path: Path) -> str:
    return structure_name(path.name[: -len(image_suffix(path) or "")])


def _whole_numbers(array: npt.NDArray[np.generic]) -> npt.NDArray[np.integer]:
    if np.issubdtype(array.dtype, np.integer):
        whole = array.view(array.dtype)
    else:
        whole = np.nan_to_num(array, nan=-1.0, posinf=-1.0).astype(np.int32)
        if not np.array_equal(whole, array):
            raise InputRefusedError("the label file holds values that are not whole labels: was it interpolated?")
    if int(whole.min()) < 0 or int(whole.max()) > LARGEST_LABEL:
        raise InputRefusedError(f"the label file holds values that are not labels from 0 to {LARGEST_LABEL}")
    return whole


def _renumbered(stored: npt.NDArray[np.integer], own: Mapping[int, int]) -> npt.NDArray[np.uint8]:
    table = np.zeros(LARGEST_LABEL + 1, dtype=np.uint8)
    for value, own_value in own.items():
        table[min(value, LARGEST_LABEL)] = own_value
    return np.asarray(table[stored])
