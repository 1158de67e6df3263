"""A plan in files: ``plan.json`` (schema ``coxa.plan/1``) and the meshes that it names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from coxa.errors import SchemaError, UnreadableInputError
from coxa.geometry.frames import Frame, RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.io.json_files import read_json
from coxa.io.meshes.mesh_files import read_mesh
from coxa.io.outputs import write_json
from coxa.io.records.structure import StrictConverter, require_schema
from coxa.planning.cup.choice import CupChoice
from coxa.planning.plan import Plan
from coxa.planning.settings.cup_terms import CupTerms

SCHEMA = "coxa.plan/1"
PLAN_NAME = "plan.json"
PLAN_ADVICE = "give a plan's folder"


def write_plan(path: Path, plan: Plan) -> None:
    """Write ``plan.json``; the mesh files that its parts name lie beside it and are written before."""
    write_json(path, plan_to_json(plan))


def read_plan(path: Path) -> Plan:
    """Read a plan from ``plan.json`` or from the folder that holds it.

    Raises
    ------
    UnreadableInputError
        When there is no such file.
    SchemaError
        When it does not follow ``coxa.plan/1``.
    """
    file = plan_file(path)
    return plan_from_json(read_json(file, PLAN_ADVICE), file.name)


def plan_file(path: Path) -> Path:
    """Return ``plan.json`` itself, or the one in a plan's folder."""
    return path / PLAN_NAME if path.is_dir() else path


def read_plan_meshes(path: Path, plan: Plan) -> dict[str, Mesh]:
    """Read the meshes of a plan, by name, from beside its ``plan.json``; each must have the hash that it names.

    Raises
    ------
    UnreadableInputError
        When a file is missing, was changed after the plan was written, or lies outside the plan's folder.
    """
    folder = (path if path.is_dir() else path.parent).resolve()
    meshes = {}
    for part in plan.parts:
        file = (folder / part.file).resolve()
        if not file.is_relative_to(folder):
            raise UnreadableInputError(f"the plan names '{part.file}', outside its own folder: it is not read")
        if not file.is_file():
            raise UnreadableInputError(f"the plan's mesh '{part.file}' is missing: copy the whole plan folder")
        if hashlib.sha256(file.read_bytes()).hexdigest() != part.sha256:
            raise UnreadableInputError(f"'{part.file}' is not the mesh that the plan was made with: plan again")
        meshes[part.name] = read_mesh(file)
    return meshes


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """Return the content of ``plan.json``."""
    content = {field.name: _plain(getattr(plan, field.name)) for field in fields(plan)}
    return {"schema": SCHEMA, **content}


def plan_from_json(content: Mapping[str, Any], file: str = PLAN_NAME) -> Plan:
    """Build the plan from the content of ``plan.json``.

    Parameters
    ----------
    content : Mapping[str, Any]
    file : str
        Name for messages.

    Raises
    ------
    SchemaError
        When the content does not follow ``coxa.plan/1``; it names the file and the field.
    """
    require_schema(content, SCHEMA, file)
    plan = _converter().read(content, Plan, file)
    try:
        RigidTransform(plan.lps_from_app, Frame.LPS, Frame.APP)
    except ValueError as error:
        raise SchemaError(f"'{file}': lps_from_app: {error}") from error
    return plan


@cache
def _converter() -> StrictConverter:
    # A plan that does not say what its cup was weighed with must not be given the weights of today.
    terms = tuple(field.name for field in fields(CupTerms))
    return StrictConverter(required={CupChoice: ("terms",), CupTerms: terms})


def _plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, np.generic):
        return value.item()
    return str(value) if isinstance(value, StrEnum) else value
