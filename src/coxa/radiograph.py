"""Digitally reconstructed radiographs: a scan seen along a frame's antero-posterior axis, true in millimetres.

The source stands in front of the patient and the detector behind, so the patient's left is on the viewer's right, as a
surgeon hangs a film. Parallel rays don't magnify; a cone of rays does, as from an X-ray tube, the more the farther
in front.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.errors import InputRefusedError
from coxa.geometry.arrays import FloatArray, read_only
from coxa.geometry.frames import RigidTransform
from coxa.volume import Volume

SOURCE_DETECTOR_MM = 1200.0
"""Focus to film of a pelvic radiograph [E]."""
SOURCE_OBJECT_MM = 1000.0
"""Focus to the hips: 1.2-fold magnification there [E]."""
HIPS_BEHIND_ASIS_MM = 53.0
"""Where the object plane lies when no rotation centre is known [C, 16 adults]."""
BODY_DEPTH_MM = (-110.0, 130.0)
"""In front of and behind the picture's centre: the pelvis with its soft tissue, without the table [E]."""
SOFT_TISSUE_SHARE = 0.25
"""How much of the attenuation under ``BONE_FROM_HU`` counts; less shows bone better through a large patient [E]."""
BONE_FROM_HU = 150.0
"""Attenuation counts in full from here on, HU [E]."""
METAL_CEILING_HU = 2500.0
"""Metal counts as no denser than this, HU: what lies before and behind stays visible [E]."""


@dataclass(frozen=True)
class ParallelBeam:
    """Rays along the posterior axis: true size at any depth."""

    def magnification(self, behind_centre_mm: npt.ArrayLike) -> FloatArray:
        """Return 1 for every depth."""
        return np.ones_like(np.asarray(behind_centre_mm, dtype=np.float64))

    def lengthening(self, off_axis_mm: FloatArray) -> FloatArray:
        """Return the path along a ray per mm of depth: 1 everywhere on the detector."""
        return np.ones_like(off_axis_mm)


@dataclass(frozen=True)
class ConeBeam:
    """Rays from a point source in front of the patient; the central ray runs along the posterior axis.

    Attributes
    ----------
    source_detector_mm, source_object_mm : float
        From the source to the detector, and to the coronal plane through the picture's centre.
    """

    source_detector_mm: float = SOURCE_DETECTOR_MM
    source_object_mm: float = SOURCE_OBJECT_MM

    def __post_init__(self) -> None:
        if not 0.0 < self.source_object_mm <= self.source_detector_mm:
            raise InputRefusedError(
                f"a source {self.source_object_mm:g} mm from the object and {self.source_detector_mm:g} mm from the "
                "detector: give positive distances, the object not behind the detector"
            )

    def magnification(self, behind_centre_mm: npt.ArrayLike) -> FloatArray:
        """Return how many times larger than life something at a depth is on the detector."""
        from_source = self.source_object_mm + np.asarray(behind_centre_mm, dtype=np.float64)
        return np.asarray(self.source_detector_mm / from_source)

    def lengthening(self, off_axis_mm: FloatArray) -> FloatArray:
        """Return the path along a ray per mm of depth, by distance from the central ray on the detector."""
        return np.asarray(np.sqrt(1.0 + (off_axis_mm / self.source_detector_mm) ** 2))


Beam = ParallelBeam | ConeBeam


@dataclass(frozen=True, eq=False)
class View:
    """Which rays make a picture, and where its pixels are.

    Attributes
    ----------
    lps_from_frame : RigidTransform
        ``lps_from_app`` or ``lps_from_functional``.
    centre_frame_mm : ndarray (3,)
        Frame coordinates (left, posterior, superior) of what is in the picture's middle.
    columns, rows : int
    mm_per_px : float
        On the detector; divide by the beam's magnification for millimetres in the patient.
    beam : ParallelBeam or ConeBeam
    """

    lps_from_frame: RigidTransform
    centre_frame_mm: FloatArray
    columns: int
    rows: int
    mm_per_px: float
    beam: Beam = ParallelBeam()

    def __post_init__(self) -> None:
        if min(self.columns, self.rows) < 1 or not self.mm_per_px > 0.0:
            raise InputRefusedError(
                f"a picture of {self.columns} x {self.rows} pixels of {self.mm_per_px:g} mm: give positive sizes"
            )
        object.__setattr__(self, "centre_frame_mm", read_only(self.centre_frame_mm, (3,)))

    def pixels_from_points(self, points_lps_mm: npt.ArrayLike) -> FloatArray:
        """Return (x, y) pixels (N, 2) of LPS points (N, 3); pixel (0, 0) is the upper left one's centre."""
        points = np.asarray(points_lps_mm, dtype=np.float64).reshape(-1, 3)
        offset = self.lps_from_frame.inverse().points(points) - self.centre_frame_mm
        scale = self.beam.magnification(offset[:, 1]) / self.mm_per_px
        return np.stack([offset[:, 0] * scale, -offset[:, 2] * scale], axis=1) + self._middle_px

    def points_from_pixels(self, pixels_xy: npt.ArrayLike, posterior_mm: float | None = None) -> FloatArray:
        """Return the LPS points (N, 3) that pixels (N, 2) show in one coronal plane of the frame.

        Parameters
        ----------
        pixels_xy : array (N, 2)
        posterior_mm : float, optional
            The plane's posterior coordinate in the frame; the centre's when not given.
        """
        behind = 0.0 if posterior_mm is None else posterior_mm - float(self.centre_frame_mm[1])
        pixels = np.asarray(pixels_xy, dtype=np.float64).reshape(-1, 2) - self._middle_px
        across = pixels * self.mm_per_px / self.beam.magnification(behind)
        offset = np.stack([across[:, 0], np.full(len(across), behind), -across[:, 1]], axis=1)
        return self.lps_from_frame.points(self.centre_frame_mm + offset)

    @property
    def _middle_px(self) -> FloatArray:
        return np.array([self.columns - 1, self.rows - 1]) / 2.0


@dataclass(frozen=True, eq=False)
class Radiograph:
    """A computed radiograph.

    Attributes
    ----------
    water_mm : ndarray [row, column] of float32
        Path length in mm of water-equivalent, bone counted in full and soft tissue in part.
    view : View
    """

    water_mm: npt.NDArray[np.float32]
    view: View


def view_around(
    points_lps_mm: npt.ArrayLike,
    lps_from_frame: RigidTransform,
    *,
    margin_mm: float = 25.0,
    mm_per_px: float = 0.9,
    beam: Beam = ParallelBeam(),
) -> View:
    """Return the view that has LPS points (N, 3) in the picture, with a margin in the patient on every side."""
    seen = lps_from_frame.inverse().points(np.asarray(points_lps_mm, dtype=np.float64).reshape(-1, 3))
    low, high = seen.min(0) - margin_mm, seen.max(0) + margin_mm
    largest = float(beam.magnification(low[1] - 0.5 * (low[1] + high[1])))
    columns, rows = (int(n) for n in np.ceil((high - low)[[0, 2]] * largest / mm_per_px) + 1)
    return View(lps_from_frame, 0.5 * (low + high), columns, rows, mm_per_px, beam)


def pelvic_centring_point(
    asis_lps_mm: npt.ArrayLike,
    symphysis_lps_mm: npt.ArrayLike,
    lps_from_frame: RigidTransform,
    hip_centres_lps_mm: npt.ArrayLike = (),
) -> FloatArray:
    """Return what the central ray of an AP pelvic radiograph meets, in frame coordinates (3,).

    Midway between the line through both ASIS and the symphysis; as deep as the hips, so that the beam's
    magnification is theirs.

    Parameters
    ----------
    asis_lps_mm : array (2, 3)
    symphysis_lps_mm : array (3,)
    lps_from_frame : RigidTransform
    hip_centres_lps_mm : array (N, 3)
        None, one or both.
    """
    frame_from_lps = lps_from_frame.inverse()
    asis = frame_from_lps.points(np.asarray(asis_lps_mm, dtype=np.float64)).mean(0)
    centre = 0.5 * (asis + frame_from_lps.points(symphysis_lps_mm))
    hips = np.asarray(hip_centres_lps_mm, dtype=np.float64).reshape(-1, 3)
    centre[1] = frame_from_lps.points(hips)[:, 1].mean() if len(hips) else asis[1] + HIPS_BEHIND_ASIS_MM
    return np.asarray(centre)


def project(
    volume: Volume, view: View, *, depth_mm: tuple[float, float] = BODY_DEPTH_MM, depth_step_mm: float = 2.0
) -> Radiograph:
    """Compute the radiograph of a scan.

    Parameters
    ----------
    volume : Volume
        Lying any way; what is outside it counts as air.
    view : View
    depth_mm : (float, float)
        What part of the patient is looked through: in front of and behind the picture's centre.
    depth_step_mm : float
        Between samples along the central ray.
    """
    from scipy import ndimage

    # One coronal plane of the patient after the other, each shrunk to the size at which its rays meet the detector.
    kji_from_frame = (volume.grid.ijk_from_lps[:3, :3] @ view.lps_from_frame.matrix[:3, :3])[::-1]
    kji_centre = volume.grid.indices_from_points(view.lps_from_frame.points(view.centre_frame_mm))[::-1]
    frame_from_row_column = np.array([[0.0, 1.0], [0.0, 0.0], [-1.0, 0.0]]) * view.mm_per_px
    middle = np.array([view.rows - 1, view.columns - 1]) / 2.0
    shape = (view.rows, view.columns)
    water = np.zeros(shape, dtype=np.float32)
    count = max(1, round((depth_mm[1] - depth_mm[0]) / depth_step_mm))
    for behind in depth_mm[0] + (np.arange(count) + 0.5) * (depth_mm[1] - depth_mm[0]) / count:
        matrix = kji_from_frame @ frame_from_row_column / float(view.beam.magnification(behind))
        offset = kji_centre + kji_from_frame @ [0.0, behind, 0.0] - matrix @ middle
        hu = ndimage.affine_transform(
            volume.hu, matrix, offset, shape, np.float32, order=1, mode="constant", cval=-1000.0
        )
        water += _attenuation(hu)
    row, column = np.indices(shape, sparse=True)
    off_axis_mm = np.hypot(row - middle[0], column - middle[1]) * view.mm_per_px
    water *= (view.beam.lengthening(off_axis_mm) * (depth_mm[1] - depth_mm[0]) / count).astype(np.float32)
    return Radiograph(water, view)


def _attenuation(hu: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return attenuation relative to water; soft tissue counts in part, metal is capped."""
    water = np.clip(hu, -1000.0, METAL_CEILING_HU) / 1000.0 + 1.0
    knee = BONE_FROM_HU / 1000.0 + 1.0
    return np.asarray(SOFT_TISSUE_SHARE * np.minimum(water, knee) + np.maximum(water - knee, 0.0))
