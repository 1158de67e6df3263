"""Printing processes and their limits, from the packaged profiles."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields
from importlib import resources
from typing import Any

from coxa.errors import UsageError

PROCESSES = ("lpbf", "ebm", "sls")


@dataclass(frozen=True)
class Process:
    """What a process can build; each figure's source stands beside it in the profile.

    Attributes
    ----------
    name, description : str
    material : str
    wall_mm, strut_mm, pore_mm : float
        Thinnest wall and lattice strut; narrowest pore that stays open.
    overhang_deg : float
        Downward faces flatter than this want support.
    escape_hole_mm : float
        Diameter through which powder leaves a cavity.
    escape_holes : int
        Holes of that diameter that a cavity needs.
    build_envelope_mm : (float, float, float)
    density_g_per_cm3 : float
    strut_growth_mm, pore_growth_mm : (float, float)
        As printed minus as designed, from and to.
    porosity_tolerance : float
        Measured porosity may differ by this from the designed one.
    triangles_advised, triangles_max : int
        More slows slicers down; more is not taken.
    """

    name: str
    description: str
    material: str
    wall_mm: float
    strut_mm: float
    pore_mm: float
    overhang_deg: float
    escape_hole_mm: float
    escape_holes: int
    build_envelope_mm: tuple[float, float, float]
    density_g_per_cm3: float
    strut_growth_mm: tuple[float, float]
    pore_growth_mm: tuple[float, float]
    porosity_tolerance: float
    triangles_advised: int
    triangles_max: int


def load_process(name: str) -> Process:
    """Return a packaged process.

    Raises
    ------
    UsageError
        When there is none of that name.
    """
    if name not in PROCESSES:
        raise UsageError(
            f"process '{name}' is unknown: choose one of {', '.join(PROCESSES)}, or name a profile (.toml)"
        )
    text = resources.files("coxa.manufacturing").joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8")
    return process_from_toml(text)


def process_from_toml(text: str) -> Process:
    """Build a process from a profile; what it leaves out is taken from the packaged one that ``based_on`` names.

    Raises
    ------
    UsageError
        When it is not TOML, a figure is missing, unknown, or not of its kind.
    """
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the process profile is not TOML: {error}") from error
    base = values.pop("based_on", None)
    figures = {} if base is None else asdict(load_process(str(base)))
    known = {field.name: field.type for field in fields(Process)}
    strange = sorted(set(values) - set(known))
    if strange:
        raise UsageError(f"the process profile names '{strange[0]}', which is no figure: use {', '.join(known)}")
    missing = sorted(set(known) - set(values) - set(figures))
    if missing:
        raise UsageError(f'the process profile lacks {", ".join(missing)}: state them, or say based_on = "lpbf"')
    return Process(**(figures | {name: _figure(name, values[name], str(known[name])) for name in values}))


def _figure(name: str, value: Any, kind: str) -> Any:
    """Return a figure as the profile's type wants it."""
    if kind.startswith("tuple"):
        count = kind.count("float")
        if isinstance(value, list) and len(value) == count and all(_is_number(v) for v in value):
            return tuple(float(v) for v in value)
        raise UsageError(f"the process profile's '{name}' must be {count} numbers in brackets")
    if kind == "str" and isinstance(value, str):
        return value
    if kind in ("float", "int") and _is_number(value) and (kind == "float" or value == int(value)) and value >= 0:
        return float(value) if kind == "float" else int(value)
    what = {"str": "a word", "int": "a whole number", "float": "a number of 0 or more"}[kind]
    raise UsageError(f"the process profile's '{name}' must be {what}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
