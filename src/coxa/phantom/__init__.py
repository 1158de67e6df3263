"""A synthetic pelvis with exact truth.

Parameters come in; a scan, its labels and its true landmarks and centres go out. Knows no method that it
is used to test.
"""

from coxa.phantom.grids import default_grid, oblique_grid, oriented_grid
from coxa.phantom.parameters import (
    BoneQuality,
    HemipelvisShape,
    HipSide,
    Implant,
    LyticLesion,
    PhantomParameters,
    Pose,
    Scanner,
)
from coxa.phantom.scenarios import SAMPLES, SCENARIOS
from coxa.phantom.simulation import PhantomScan, simulate

__all__ = [
    "SAMPLES",
    "SCENARIOS",
    "BoneQuality",
    "HemipelvisShape",
    "HipSide",
    "Implant",
    "LyticLesion",
    "PhantomParameters",
    "PhantomScan",
    "Pose",
    "Scanner",
    "default_grid",
    "oblique_grid",
    "oriented_grid",
    "simulate",
]
