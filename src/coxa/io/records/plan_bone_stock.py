"""The part of ``plan.json`` about the bone that is left: radial loss, signs and suggested classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from coxa.anatomy import Status
from coxa.case import Measurement
from coxa.planning.defect.bone_stock import BoneStock
from coxa.planning.defect.classes import SuggestedClass
from coxa.planning.defect.radial_loss import RadialLoss


def bone_stock_from_json(content: Mapping[str, Any] | None) -> BoneStock | None:
    """Build the bone stock from its JSON object; None from plans of before there was one.

    Raises
    ------
    KeyError, TypeError, ValueError
        When something is missing or of another kind.
    """
    if content is None:
        return None
    radial = content["radial"]
    return BoneStock(
        radial=None if radial is None else RadialLoss(**{f.name: tuple(radial[f.name]) for f in fields(RadialLoss)}),
        signs=tuple(_with_status(Measurement, item) for item in content["signs"]),
        classes=tuple(_with_status(SuggestedClass, item) for item in content["classes"]),
        reason=content["reason"],
    )


def _with_status(kind: type[Any], content: Mapping[str, Any]) -> Any:
    return kind(**{f.name: content[f.name] for f in fields(kind)} | {"status": Status(content["status"])})
