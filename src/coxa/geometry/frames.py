"""Named frames and rigid transforms between them.

Transforms are named destination first: ``lps_from_app`` takes APP coordinates to LPS.
Composing two transforms whose inner frames differ raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from coxa.errors import FrameMismatchError
from coxa.geometry.arrays import FloatArray, read_only, unit


class Frame(StrEnum):
    """The frames a number can stand in.

    ``LPS``: world, DICOM patient axes. ``APP``: anterior pelvic plane. ``FUNCTIONAL``: APP's left axis,
    the scanner table's vertical. ``TABLE``: LPS axes through mid-ASIS. ``NONE``: frame-free (a diameter).
    """

    LPS = "lps"
    APP = "app"
    FUNCTIONAL = "functional"
    TABLE = "table"
    NONE = "none"


@dataclass(frozen=True, eq=False)
class RigidTransform:
    """Takes points of frame ``source`` to frame ``target``; mm.

    Attributes
    ----------
    matrix : ndarray (4, 4)
        Proper rotation and translation, read-only.
    target, source : str
        Frame names, destination first.
    """

    matrix: FloatArray
    target: str
    source: str

    def __post_init__(self) -> None:
        matrix = read_only(self.matrix, (4, 4))
        rotation = matrix[:3, :3]
        if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-5) or np.linalg.det(rotation) < 0:
            raise ValueError("a rigid transform needs a proper rotation (orthonormal, determinant +1)")
        object.__setattr__(self, "matrix", matrix)

    @classmethod
    def from_axes(
        cls, axes: npt.ArrayLike, origin: npt.ArrayLike, target: str = Frame.LPS, source: str = Frame.APP
    ) -> RigidTransform:
        """Build ``target_from_source`` from the source's axes (rows) and origin given in the target."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.asarray(axes, dtype=np.float64).T
        matrix[:3, 3] = origin
        return cls(matrix, target, source)

    def __matmul__(self, other: RigidTransform) -> RigidTransform:
        if self.source != other.target:
            raise FrameMismatchError(
                f"{self.target}_from_{self.source} cannot follow {other.target}_from_{other.source}: "
                f"the inner frames '{self.source}' and '{other.target}' differ"
            )
        return RigidTransform(self.matrix @ other.matrix, self.target, other.source)

    def inverse(self) -> RigidTransform:
        """Return ``source_from_target``."""
        inverse = np.eye(4)
        inverse[:3, :3] = self.matrix[:3, :3].T
        inverse[:3, 3] = -self.matrix[:3, :3].T @ self.matrix[:3, 3]
        return RigidTransform(inverse, self.source, self.target)

    def points(self, points: npt.ArrayLike) -> FloatArray:
        """Transform points (3,) or (N, 3)."""
        return np.asarray(points, dtype=np.float64) @ self.matrix[:3, :3].T + self.matrix[:3, 3]

    def vectors(self, vectors: npt.ArrayLike) -> FloatArray:
        """Rotate vectors (3,) or (N, 3)."""
        return np.asarray(vectors, dtype=np.float64) @ self.matrix[:3, :3].T

    @property
    def axes(self) -> FloatArray:
        """The source's axes in the target frame, one a row: (left, posterior, superior) of an anatomical frame."""
        return self.matrix[:3, :3].T

    @property
    def origin(self) -> FloatArray:
        """The source's origin in the target frame, (3,)."""
        return self.matrix[:3, 3]


def app_frame(
    asis_left_lps_mm: npt.ArrayLike,
    asis_right_lps_mm: npt.ArrayLike,
    pubic_tubercle_left_lps_mm: npt.ArrayLike,
    pubic_tubercle_right_lps_mm: npt.ArrayLike,
) -> RigidTransform:
    """Return ``lps_from_app`` of the anterior pelvic plane [Lewinnek 1978].

    x = unit(ASIS_L - ASIS_R) (to the left); the plane holds both ASIS and the midpoint of the pubic
    tubercles; posterior is its normal; superior completes a right-handed (left, posterior, superior)
    frame. Origin: midpoint of the ASIS.

    Raises
    ------
    ValueError
        When the points are collinear.
    """
    left_asis, right_asis = np.asarray(asis_left_lps_mm, float), np.asarray(asis_right_lps_mm, float)
    origin = 0.5 * (left_asis + right_asis)
    left_tubercle = np.asarray(pubic_tubercle_left_lps_mm, float)
    mid_tubercle = 0.5 * (left_tubercle + np.asarray(pubic_tubercle_right_lps_mm, float))
    left = unit(left_asis - right_asis)
    up = origin - mid_tubercle
    superior = unit(up - (up @ left) * left)
    posterior = np.cross(superior, left)
    return RigidTransform.from_axes([left, posterior, superior], origin)


def functional_frame(lps_from_app: RigidTransform) -> RigidTransform:
    """Return ``lps_from_functional``: APP's left axis, the vertical of :func:`table_superior`, origin mid-ASIS."""
    left = lps_from_app.axes[0]
    table_up = table_superior(lps_from_app)
    superior = unit(table_up - (table_up @ left) * left)
    posterior = np.cross(superior, left)
    return RigidTransform.from_axes([left, posterior, superior], lps_from_app.origin, Frame.LPS, Frame.FUNCTIONAL)


def table_superior(lps_from_app: RigidTransform) -> FloatArray:
    """Return the table's vertical toward the head: LPS superior, unless the header is wrong about the patient.

    It is the LPS axis nearest to the superior axis of the pelvis, so that a patient who lay feet first and was entered
    as head first is not measured upside down.
    """
    superior = lps_from_app.axes[2]
    along = int(np.abs(superior).argmax())
    return np.asarray(np.sign(superior[along]) * np.eye(3)[along])
