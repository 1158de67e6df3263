"""A plan in files: ``plan.json`` (schema ``coxa.plan/1``) and the meshes that it names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from coxa.anatomy import Side
from coxa.errors import SchemaError, UnreadableInputError
from coxa.geometry.arrays import read_only
from coxa.geometry.mesh import Mesh
from coxa.io.meshes.mesh_files import read_mesh
from coxa.io.outputs import write_json
from coxa.io.records.case_files import measurement_from_json
from coxa.io.records.plan_bone_stock import bone_stock_from_json
from coxa.io.records.plan_cup import coverage_map_from_json, cup_choice_from_json
from coxa.planning.augment.values import Augment
from coxa.planning.cup.values import Coverage, PlannedCup, TargetCentre
from coxa.planning.defect.values import Defect
from coxa.planning.plan import Approval, PartFile, Plan
from coxa.planning.screws.values import Screw

SCHEMA = "coxa.plan/1"
PLAN_NAME = "plan.json"
APPROVAL_STATES = ("draft", "approved")

_Value = TypeVar("_Value")


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
    file = path / PLAN_NAME if path.is_dir() else path
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableInputError(f"'{file.name}' cannot be read: {error.strerror}; give a plan's folder") from error
    except ValueError as error:
        raise SchemaError(f"'{file.name}' is not JSON: {error}") from error
    return plan_from_json(content)


def plan_sha256(path: Path) -> str:
    """Return the SHA-256 of ``plan.json`` itself, or of the one in a plan's folder."""
    return hashlib.sha256((path / PLAN_NAME if path.is_dir() else path).read_bytes()).hexdigest()


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


def plan_from_json(content: Mapping[str, Any]) -> Plan:
    """Build the plan from the content of ``plan.json``.

    Raises
    ------
    SchemaError
        When the content does not follow ``coxa.plan/1``.
    """
    if not isinstance(content, Mapping) or content.get("schema") != SCHEMA:
        found = content.get("schema") if isinstance(content, Mapping) else None
        raise SchemaError(f"the file says schema '{found}', '{SCHEMA}' is needed: give a plan.json of Coxa")
    try:
        return _plan(content)
    except (KeyError, TypeError, ValueError) as error:
        raise SchemaError(f"the plan does not follow '{SCHEMA}': {type(error).__name__} {error}") from error


def _plan(content: Mapping[str, Any]) -> Plan:
    approval = _build(Approval, content["approval"])
    if approval.state not in APPROVAL_STATES:
        raise ValueError(f"approval state '{approval.state}', one of {', '.join(APPROVAL_STATES)} is needed")
    return Plan(
        case_id=content["case_id"],
        input_sha256=content["input_sha256"],
        software_version=content["software_version"],
        side=Side(content["side"]),
        frame=content["frame"],
        lps_from_app=read_only(content["lps_from_app"], (4, 4)),
        target=_build(TargetCentre, content["target"]),
        cup=_build(PlannedCup, content["cup"]),
        coverage=tuple(_build(Coverage, item) for item in content["coverage"]),
        defect=None if content["defect"] is None else _build(Defect, content["defect"]),
        augment=_build(Augment, content["augment"]),
        screws=tuple(_build(Screw, item) for item in content["screws"]),
        settings=dict(content["settings"]),
        parts=tuple(_build(PartFile, item) for item in content["parts"]),
        approval=approval,
        warnings=tuple(content["warnings"]),
        cup_choice=cup_choice_from_json(content.get("cup_choice")),
        coverage_map=coverage_map_from_json(content.get("coverage_map")),
        bone_stock=bone_stock_from_json(content.get("bone_stock")),
        motion=tuple(measurement_from_json(m) for m in content.get("motion", ())),
    )


def _build(kind: type[_Value], content: Mapping[str, Any]) -> _Value:
    """Build a value from its JSON object; lists of numbers become read-only arrays.

    A missing key raises KeyError, but for what plans of older versions do not have: that takes its default.
    """
    names = [
        field.name
        for field in fields(kind)  # type: ignore[arg-type]
        if field.name in content or (field.default is MISSING and field.default_factory is MISSING)
    ]
    values = {name: content[name] for name in names}
    return kind(**{n: read_only(v, (3,)) if isinstance(v, list) else v for n, v in values.items()})


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
