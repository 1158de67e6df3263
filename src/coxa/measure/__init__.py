"""Landmarks in, measurements out: one file per quantity."""

from coxa.measure.all_quantities import measure

__all__ = ["measure"]
