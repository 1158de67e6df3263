"""Landmarks in, measurements out: one file per group of quantities.

Landmarks and surfaces in LPS mm come in; measurements with frame, uncertainty and status go out. Knows no voxels and no
files.
"""

from coxa.measure.all_quantities import measure

__all__ = ["measure"]
