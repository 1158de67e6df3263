"""The cups to choose from: the packaged catalogue, or a user's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

from coxa.errors import SchemaError

CATALOGUE_SCHEMA = "coxa.cup_catalogue/1"


@dataclass(frozen=True)
class ScrewHole:
    """A hole in a cup: its angle from the dome's apex and about the axis (clockwise, seen into the cup)."""

    from_pole_deg: float
    clock_deg: float
    diameter_mm: float


@dataclass(frozen=True)
class CupSize:
    """One hemispherical shell of a catalogue.

    Attributes
    ----------
    outer_diameter_mm : float
    shell_mm : float
        Wall, porous layer included.
    holes : tuple of ScrewHole
    """

    outer_diameter_mm: float
    shell_mm: float
    holes: tuple[ScrewHole, ...] | None = None


@dataclass(frozen=True)
class CupCatalogue:
    """Cups by rising diameter, each diameter once.

    Attributes
    ----------
    name : str
    sizes : tuple of CupSize
    """

    name: str
    sizes: tuple[CupSize, ...]

    @property
    def diameters_mm(self) -> tuple[float, ...]:
        """Outer diameters, rising."""
        return tuple(size.outer_diameter_mm for size in self.sizes)

    def nearest(self, diameter_mm: float) -> CupSize:
        """Return the size whose diameter is nearest; the smaller of two that are as near."""
        return min(self.sizes, key=lambda size: abs(size.outer_diameter_mm - diameter_mm))

    def between(self, smallest_mm: float, largest_mm: float) -> tuple[float, ...]:
        """Return the diameters from ``smallest_mm`` to ``largest_mm``; if none, the largest below."""
        inside = tuple(d for d in self.diameters_mm if smallest_mm <= d <= largest_mm)
        return inside or (max((d for d in self.diameters_mm if d <= largest_mm), default=self.diameters_mm[0]),)


@cache
def packaged_catalogue() -> CupCatalogue:
    """Return the catalogue that comes with Coxa: 44 to 80 mm by 2 [E]."""
    return catalogue_from_json(json.loads(_packaged("generic.json")))


def catalogue_schema() -> dict[str, Any]:
    """Return the JSON Schema that a catalogue follows; it documents every field."""
    schema: dict[str, Any] = json.loads(_packaged("cup_catalogue.schema.json"))
    return schema


def catalogue_from_json(content: Any) -> CupCatalogue:
    """Build a catalogue from the content of its JSON file.

    Raises
    ------
    SchemaError
        When it does not follow ``coxa.cup_catalogue/1``; the message says where and what is wrong.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    wrong = best_match(Draft202012Validator(catalogue_schema()).iter_errors(content))
    if wrong is not None:
        raise SchemaError(f"the cup catalogue does not follow '{CATALOGUE_SCHEMA}': {wrong.json_path}: {wrong.message}")
    sizes = sorted((_size(cup) for cup in content["cups"]), key=lambda size: size.outer_diameter_mm)
    for size, following in pairwise(sizes):
        if size.outer_diameter_mm == following.outer_diameter_mm:
            raise SchemaError(f"the cup catalogue holds {size.outer_diameter_mm:g} mm twice: give each size once")
    return CupCatalogue(content["name"], tuple(sizes))


def _size(cup: Mapping[str, Any]) -> CupSize:
    listed = cup.get("holes")
    holes = None if listed is None else tuple(ScrewHole(**{k: float(v) for k, v in hole.items()}) for hole in listed)
    return CupSize(float(cup["outer_diameter_mm"]), float(cup["shell_mm"]), holes)


def _packaged(name: str) -> str:
    return resources.files("coxa.planning.settings").joinpath("catalogues", name).read_text(encoding="utf-8")
