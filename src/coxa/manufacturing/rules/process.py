"""Printing processes and their limits, from the packaged profiles."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib import resources
from typing import Any

from coxa.errors import UsageError

PROCESSES = ("lpbf", "ebm", "sls")

ALLOWED: Mapping[str, tuple[float, float]] = {
    "wall_mm": (0.0, 100.0),
    "strut_mm": (0.0, 100.0),
    "pore_mm": (0.0, 100.0),
    "overhang_deg": (0.0, 90.0),
    "escape_hole_mm": (0.1, 100.0),
    "escape_holes": (0, 100),
    "build_envelope_mm": (1.0, 10_000.0),
    "density_g_per_cm3": (0.1, 25.0),
    "strut_growth_mm": (-10.0, 10.0),
    "pore_growth_mm": (-10.0, 10.0),
    "porosity_tolerance": (0.0, 1.0),
    "triangles_advised": (1, 1_000_000_000),
    "triangles_max": (1, 1_000_000_000),
}
"""From and to of each figure in a profile: beyond is a slip of the pen (another unit, a lost sign), no process [E]."""


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
        When it is not TOML, a figure is missing, unknown, not of its kind, or beyond what any process has.
    """
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the process profile is not TOML: {error}") from error
    base = values.pop("based_on", None)
    figures = {} if base is None else asdict(load_process(str(base)))
    known = {field.name: str(field.type) for field in fields(Process)}
    strange = sorted(set(values) - set(known))
    if strange:
        raise UsageError(f"the process profile names '{strange[0]}', which is no figure: use {', '.join(known)}")
    missing = sorted(set(known) - set(values) - set(figures))
    if missing:
        raise UsageError(f'the process profile lacks {", ".join(missing)}: state them, or say based_on = "lpbf"')
    process = Process(**(figures | {name: _figure(name, values[name], known[name]) for name in values}))
    if process.triangles_advised > process.triangles_max:
        raise UsageError(
            f"the process profile's 'triangles_advised' ({process.triangles_advised}) must not be above its "
            f"'triangles_max' ({process.triangles_max}): state both"
        )
    return process


def _figure(name: str, value: Any, kind: str) -> Any:
    """Return a figure as the profile's type wants it."""
    if kind == "str":
        if isinstance(value, str) and value.strip():
            return value
        raise _unfit(name, value, "a word in quotes")
    low, high = ALLOWED[name]
    if kind.startswith("tuple"):
        count = kind.count("float")
        if not isinstance(value, list) or len(value) != count or not all(_is_within(v, low, high) for v in value):
            raise _unfit(name, value, f"{count} numbers from {low:,.12g} to {high:,.12g} in brackets")
        if count == 2 and value[0] > value[1]:
            raise _unfit(name, value, "2 numbers in brackets, the lower one first")
        return tuple(float(v) for v in value)
    whole = kind == "int"
    if not _is_within(value, low, high) or (whole and value != int(value)):
        raise _unfit(name, value, f"a {'whole ' if whole else ''}number from {low:,.12g} to {high:,.12g}")
    return int(value) if whole else float(value)


def _unfit(name: str, value: Any, wanted: str) -> UsageError:
    return UsageError(f"the process profile's '{name}' must be {wanted}, not {str(value)[:60]}")


def _is_within(value: Any, low: float, high: float) -> bool:
    """Tell whether a value is a number in that range; no range holds NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
