"""Named camera positions, in the pelvis' own frame when it is known."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray, unit
from coxa.geometry.frames import RigidTransform
from coxa.report.drawing.raycast import Camera


class View(StrEnum):
    """From where the pelvis is looked at. Lateral and acetabular views are those of one side."""

    ANTERIOR = "anterior"
    POSTERIOR = "posterior"
    LATERAL = "lateral"
    INLET = "inlet"
    ACETABULAR = "acetabular"
    BEHIND_SOCKET = "behind_socket"
    MEDIAL = "medial"


_TOWARDS_VIEWER = {
    # (lateral of the side, posterior, superior)
    View.ANTERIOR: (0.0, -1.0, 0.0),
    View.POSTERIOR: (0.0, 1.0, 0.0),
    View.LATERAL: (1.0, 0.0, 0.0),
    View.INLET: (0.0, -0.62, 0.78),
    View.ACETABULAR: (0.80, -0.52, -0.30),
    View.BEHIND_SOCKET: (-0.80, 0.52, 0.30),
    View.MEDIAL: (-0.90, -0.38, 0.20),
}


def camera(
    view: View,
    side: Side,
    lps_from_frame: RigidTransform | None,
    points_lps_mm: npt.ArrayLike,
    aspect: float = 1.0,
    margin: float = 0.05,
) -> Camera:
    """Return a camera at a named place that sees all ``points_lps_mm`` (N, 3).

    Parameters
    ----------
    view : View
    side : Side
        Whose lateral or acetabular view; without effect on the others.
    lps_from_frame : RigidTransform or None
        The pelvis' frame with axes (left, posterior, superior); None takes the LPS axes.
    points_lps_mm : array (N, 3)
    aspect : float
        Width over height of the picture.
    margin : float
        Free share of the picture at each edge.
    """
    frame_axes = np.eye(3) if lps_from_frame is None else np.asarray(lps_from_frame.axes)
    lateral, posterior, superior = _TOWARDS_VIEWER[view]
    towards = unit(np.array([lateral * side.lateral_sign, posterior, superior]) @ frame_axes)
    right = unit(np.cross(frame_axes[2], towards))
    axes = np.array([right, np.cross(towards, right), towards])
    return framed(axes, points_lps_mm, aspect, margin)


def framed(axes_lps: FloatArray, points_lps_mm: npt.ArrayLike, aspect: float, margin: float) -> Camera:
    """Return a camera with these axes whose picture just holds the points."""
    seen = axes_lps @ np.asarray(points_lps_mm, dtype=np.float64).T
    low, high = seen.min(1), seen.max(1)
    extent = np.maximum(high - low, 1.0) / (1.0 - 2.0 * margin)
    width = max(extent[0], extent[1] * aspect)
    return Camera(axes_lps, (0.5 * (low + high)) @ axes_lps, float(width), float(width / aspect))
