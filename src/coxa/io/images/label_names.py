"""What the numbers in a label file mean: names from its header, or from a JSON of Coxa's or nnU-Net's making."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from coxa.anatomy import BONES, FEMUR_LEFT, FEMUR_RIGHT, HIP_LEFT, HIP_RIGHT, SACRUM, SIDES
from coxa.errors import InputRefusedError, SchemaError
from coxa.io.images.nifti import read_nifti_extensions
from coxa.io.json_files import MOST_DIGITS, read_json

if TYPE_CHECKING:
    import SimpleITK as sitk

TOTALSEGMENTATOR_NAMES: Mapping[int, str] = {
    25: SACRUM,
    75: FEMUR_LEFT,
    76: FEMUR_RIGHT,
    77: HIP_LEFT,
    78: HIP_RIGHT,
}
"""The bones among the published classes of TotalSegmentator 2, task ``total``; version 1 numbered them otherwise."""

ADVICE = (
    "give a JSON (--label-names, or beside the file under its name) such as "
    '{"labels": {"hip_left": 1, "hip_right": 2, "sacrum": 3, "femur_left": 4, "femur_right": 5}}'
)
_LABEL_TABLE = re.compile(rb"<CaretExtension>.*?</CaretExtension>", re.DOTALL)


def structure_name(written: str) -> str:
    """Spell a name as Coxa does: lower case, underscores, the side last.

    >>> structure_name("Left Hip"), structure_name("femur-right"), structure_name("sacrum")
    ('hip_left', 'femur_right', 'sacrum')
    """
    words = re.split(r"[\s_-]+", written.strip().lower())
    if words[0] in SIDES:
        words = [*words[1:], words[0]]
    return "_".join(words)


def find_names(path: Path) -> dict[int, str]:
    """Return the names of a label file's values: from its header, else from a JSON beside it.

    Headers with names are those of 3D Slicer's ``.seg.nrrd`` and TotalSegmentator's multi-label NIfTI. A JSON is the
    one with the file's own name, then ``segmentation.json`` (Coxa), then ``dataset.json`` (nnU-Net).

    Raises
    ------
    SchemaError
        When there are none, or they are malformed.
    """
    names = _names_in_nrrd(path) or _names_in_nifti(path)
    if names:
        return names
    stem = path.name.split(".")[0]
    for candidate in (path.with_name(f"{name}.json") for name in (stem, "segmentation", "dataset")):
        if candidate.is_file():
            return read_names(candidate)
    raise SchemaError(f"the label file has no names for its labels: {ADVICE}")


def read_names(path: Path) -> dict[int, str]:
    """Read label names from a JSON, in Coxa's spelling and without background.

    Either ``{"hip_left": 1}`` or ``{"1": "hip_left"}``, alone or as the entry ``labels``: so the ``dataset.json`` of
    either version of nnU-Net will do.

    Raises
    ------
    SchemaError
        When it is no such JSON, or two values share a name or two names a value.
    """
    try:
        content = read_json(path, ADVICE)
    except InputRefusedError as error:
        raise SchemaError(f"the JSON with the label names cannot be read: {ADVICE}") from error
    labels = content.get("labels", content) if isinstance(content, dict) else None
    if not isinstance(labels, dict):
        raise SchemaError(f"the JSON with the label names has no proper 'labels' entry: {ADVICE}")
    return _checked(_pair(key, value) for key, value in labels.items())


def _pair(key: str, value: object) -> tuple[int, str]:
    if isinstance(value, str) and key.isdecimal() and len(key) <= MOST_DIGITS:
        return int(key), value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0 and not key.lstrip("-").isdecimal():
        return value, key
    raise SchemaError(
        f"label names are pairs of a word and a whole number, not '{key[:40]}': {str(value)[:40]}; {ADVICE}"
    )


def _checked(pairs: Iterable[tuple[int, str]]) -> dict[int, str]:
    """Return names by value; what stands for two things is refused."""
    names: dict[int, str] = {}
    for value, written in pairs:
        name = structure_name(written)
        if value in names or name in names.values():
            raise SchemaError(f"the label names give '{written}' or its value {value} twice: which is meant is unknown")
        if value > 0:
            names[value] = name
    return names


def _names_in_nrrd(path: Path) -> dict[int, str]:
    if not path.name.lower().endswith(".seg.nrrd"):
        return {}
    import SimpleITK as sitk

    reader: sitk.ImageFileReader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    pairs = []
    for number in range(256):
        keys = (f"Segment{number}_LabelValue", f"Segment{number}_Name")
        if all(reader.HasMetaDataKey(key) for key in keys):
            pairs.append((int(reader.GetMetaData(keys[0])), reader.GetMetaData(keys[1])))
    return _checked(pairs)


def _names_in_nifti(path: Path) -> dict[int, str]:
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        return {}
    table = _LABEL_TABLE.search(read_nifti_extensions(path))
    if table is None:
        return {}
    try:
        labels = ElementTree.fromstring(table.group()).iter("Label")
        return _checked([(int(label.attrib["Key"]), label.text or "") for label in labels])
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise SchemaError(f"the table of label names in the NIfTI's header is damaged: {ADVICE}") from error


def require_bones(names: Iterable[str]) -> None:
    """Refuse names that leave out a hip bone.

    Raises
    ------
    SchemaError
        With the names that were found.
    """
    found = sorted(names)
    if not {HIP_LEFT, HIP_RIGHT} <= set(found):
        listed = ", ".join(found[:8]) + (" ..." if len(found) > 8 else "")
        raise SchemaError(
            f"the labels must name both hip bones; they name {listed or 'nothing'}, wanted are {', '.join(BONES)}: "
            f"{ADVICE}"
        )
