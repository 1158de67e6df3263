"""Printing processes and their limits, from the packaged profiles."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from coxa.errors import UsageError

PROCESSES = ("lpbf", "ebm")


@dataclass(frozen=True)
class Process:
    """What a process can build; each figure's source stands beside it in the profile.

    Attributes
    ----------
    name, description : str
    wall_mm, strut_mm : float
        Thinnest wall and lattice strut.
    overhang_deg : float
        Downward faces flatter than this want support.
    escape_hole_mm : float
        Diameter through which powder leaves a cavity.
    build_envelope_mm : (float, float, float)
    density_g_per_cm3 : float
    strut_growth_mm, pore_growth_mm : (float, float)
        As printed minus as designed, from and to.
    """

    name: str
    description: str
    wall_mm: float
    strut_mm: float
    overhang_deg: float
    escape_hole_mm: float
    build_envelope_mm: tuple[float, float, float]
    density_g_per_cm3: float
    strut_growth_mm: tuple[float, float]
    pore_growth_mm: tuple[float, float]


def load_process(name: str) -> Process:
    """Return a packaged process.

    Raises
    ------
    UsageError
        When there is none of that name.
    """
    if name not in PROCESSES:
        raise UsageError(f"process '{name}' is unknown: choose one of {', '.join(PROCESSES)}")
    text = resources.files("coxa.manufacturing").joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8")
    values: dict[str, Any] = tomllib.loads(text)
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return Process(**fields)
