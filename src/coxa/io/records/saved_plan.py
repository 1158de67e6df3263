"""A plan as its folder holds it, read once: what a command hands on instead of a folder to be read again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from coxa.case import MeasuredCase
from coxa.errors import UsageError
from coxa.geometry.mesh import Mesh
from coxa.io.json_files import json_content, read_bytes
from coxa.io.records.case_files import CASE_NAME, read_case
from coxa.io.records.plan_files import PLAN_ADVICE, plan_file, plan_from_json, read_plan_meshes
from coxa.planning.plan import Plan

LABELS_NAME, SEGMENTS_NAME = "segmentation.nii.gz", "segmentation.seg.nrrd"


@dataclass(frozen=True, eq=False)
class SavedPlan:
    """A plan with its meshes.

    Attributes
    ----------
    folder : Path
        That the plan's mesh files are named from.
    plan : Plan
    sha256 : str
        Of ``plan.json``, the very bytes that were read.
    meshes : Mapping[str, Mesh]
        By name; the file of each has the hash that the plan names.
    """

    folder: Path
    plan: Plan
    sha256: str
    meshes: Mapping[str, Mesh]

    @property
    def mesh_files(self) -> dict[str, Path]:
        """The file of each mesh, by name."""
        return {part.name: self.folder / part.file for part in self.plan.parts}


@dataclass(frozen=True, eq=False)
class SavedCase(SavedPlan):
    """A plan with the case that it was made on.

    Attributes
    ----------
    case : MeasuredCase
    """

    case: MeasuredCase

    @property
    def labels_file(self) -> Path:
        """The labels on the scan's grid."""
        return self.folder / LABELS_NAME

    @property
    def segments_file(self) -> Path:
        """The same labels as 3D Slicer reads them."""
        return self.folder / SEGMENTS_NAME


def read_saved_plan(path: Path) -> SavedPlan:
    """Read a plan with its meshes, from its folder or from ``plan.json`` in it.

    Raises
    ------
    UnreadableInputError
        When a file is missing, or a mesh is not the one that the plan was made with.
    SchemaError
        When ``plan.json`` does not follow its schema.
    """
    file = plan_file(path)
    content = read_bytes(file, PLAN_ADVICE)
    plan = plan_from_json(json_content(content, file.name, PLAN_ADVICE), file.name)
    return SavedPlan(file.parent, plan, hashlib.sha256(content).hexdigest(), read_plan_meshes(file, plan))


def read_saved_case(path: Path) -> SavedCase:
    """Read a plan with its meshes and its measured case; the labels lie beside them.

    Raises
    ------
    UsageError
        When the folder is not a whole one.
    UnreadableInputError, SchemaError
        As :func:`read_saved_plan`.
    """
    folder = plan_file(path).parent
    if not (folder / LABELS_NAME).is_file() or not (folder / CASE_NAME).is_file():
        raise UsageError("this format needs the whole folder that `coxa plan` wrote, not plan.json alone")
    saved = read_saved_plan(path)
    return SavedCase(saved.folder, saved.plan, saved.sha256, saved.meshes, read_case(folder / CASE_NAME))
