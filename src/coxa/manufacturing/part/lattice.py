"""Triply periodic lattices: their fields, and the level that gives a porosity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from coxa.errors import UsageError

Field = npt.NDArray[np.float32]
Axis = npt.NDArray[np.float32]

CELL_SAMPLES = 96
"""Samples along one cell from which the level is read; porosity good to 0.1 %."""


def _gyroid(x: Axis, y: Axis, z: Axis) -> Field:
    return np.asarray(np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x))


def _diamond(x: Axis, y: Axis, z: Axis) -> Field:
    return np.asarray(np.cos(x) * np.cos(y) * np.cos(z) - np.sin(x) * np.sin(y) * np.sin(z))


def _primitive(x: Axis, y: Axis, z: Axis) -> Field:
    return np.asarray(np.cos(x) + np.cos(y) + np.cos(z))


SURFACES: Mapping[str, Callable[[Axis, Axis, Axis], Field]] = {
    "gyroid": _gyroid,
    "diamond": _diamond,
    "primitive": _primitive,
}
"""Level-set functions of the phases 2 pi (x, y, z) / cell; their gradients are of the order of 1."""

STYLES = ("network", "sheet")


@dataclass(frozen=True)
class Lattice:
    """A lattice by its designed figures.

    Attributes
    ----------
    surface : str
        A key of ``SURFACES``.
    style : str
        ``network``: solid where G > t. ``sheet``: solid where ``|G| < t``.
    cell_mm : float
    porosity : float
        Designed void share, 0 to 1.
    """

    surface: str = "gyroid"
    style: str = "network"
    cell_mm: float = 1.4
    porosity: float = 0.70

    def __post_init__(self) -> None:
        if self.surface not in SURFACES:
            raise UsageError(f"lattice '{self.surface}' is unknown: choose one of {', '.join(SURFACES)}")
        if self.style not in STYLES:
            raise UsageError(f"lattice style '{self.style}' is unknown: choose network or sheet")
        if not 0.0 < self.porosity < 1.0 or not self.cell_mm > 0.0:
            raise UsageError("a lattice needs a porosity between 0 and 1 and a positive cell size in mm")

    @cached_property
    def level(self) -> float:
        """The level t at which the lattice has its porosity; a quantile of G over one cell."""
        phase = (2.0 * np.pi * (np.arange(CELL_SAMPLES) + 0.5) / CELL_SAMPLES).astype(np.float32)
        value = SURFACES[self.surface](phase[:, None, None], phase[None, :, None], phase[None, None, :])
        if self.style == "network":
            return float(np.quantile(value, self.porosity))
        return float(np.quantile(np.abs(value), 1.0 - self.porosity))

    @property
    def mm_per_unit(self) -> float:
        """Millimetres per unit of G near the level, roughly: turns G into a distance."""
        return self.cell_mm / (2.0 * np.pi * 1.2)

    @property
    def half_wall_mm(self) -> float:
        """How deep the middle of a sheet lies under its surface; infinite for a network, whose struts are no walls."""
        return self.level * self.mm_per_unit if self.style == "sheet" else float("inf")

    def distance(self, x_mm: Axis, y_mm: Axis, z_mm: Axis, thickening: Field | float = 0.0) -> Field:
        """Return an approximate signed distance in mm, negative in the struts.

        Parameters
        ----------
        x_mm, y_mm, z_mm : ndarray
            Broadcastable coordinates.
        thickening : ndarray or float
            Added to the solid, in units of G: 0 is the designed lattice, 3 and more is full metal.
        """
        scale = np.float32(2.0 * np.pi / self.cell_mm)
        value = SURFACES[self.surface](scale * x_mm, scale * y_mm, scale * z_mm)
        excess = self.level - value if self.style == "network" else np.abs(value) - self.level
        return np.asarray((excess - thickening) * self.mm_per_unit, dtype=np.float32)
