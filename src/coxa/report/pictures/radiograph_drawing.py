"""What a surgeon draws on a pelvic film, drawn on the computed radiograph."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from coxa.anatomy import PROJECTED_TEARDROPS, SIDES, Landmark, Side, landmark_name
from coxa.case import Landmarks, MeasuredCase
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import Frame, RigidTransform
from coxa.labels import Segmentation
from coxa.radiograph import Radiograph, project, view_around
from coxa.report.drawing.canvas import Canvas, text_width
from coxa.report.drawing.palette import CENTRE_NATIVE, CENTRE_NOW, LANDMARK, LINE, PLANNED
from coxa.report.drawing.slices import draw_scale_bar, outlines
from coxa.report.pictures.radiograph_image import pelvis_points, radiograph_image, silhouette
from coxa.report.wording import short_text
from coxa.structure_colours import Colour
from coxa.volume import Volume

SHOWN_LANDMARKS = ("ASIS", "PT", "TD", "IS", "IT", "GT", "LT")


class RadiographDrawing:
    """A radiograph enlarged for drawing; positions are given in LPS mm.

    Parameters
    ----------
    radiograph : Radiograph
    width_px : int
        Of the finished picture.
    text_px : float, optional
        Size of the words; by the picture's width when not given.
    """

    def __init__(self, radiograph: Radiograph, width_px: int, text_px: float | None = None) -> None:
        from PIL import Image

        self.radiograph = radiograph
        picture = radiograph_image(radiograph)
        self.factor = width_px / picture.shape[1]
        size = (width_px, round(picture.shape[0] * self.factor))
        self.canvas = Canvas(np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)))
        size_px = max(12.0, self.canvas.width / 45) if text_px is None else text_px
        self.canvas.text((8, self.canvas.height / 2), "R", size_px * 1.4, anchor="lm", weight="bold")
        self.canvas.text(
            (self.canvas.width - 8, self.canvas.height / 2), "L", size_px * 1.4, anchor="rm", weight="bold"
        )
        self.mm_per_px = radiograph.view.mm_per_px / float(radiograph.view.beam.magnification(0.0)) / self.factor
        draw_scale_bar(self.canvas, self.mm_per_px)
        self.text_size = size_px

    def enlarged(self, image_xy: npt.ArrayLike) -> FloatArray:
        """Return the drawing's pixels of the radiograph's pixels."""
        pixels: FloatArray = np.asarray(image_xy, dtype=np.float64)
        return np.asarray((pixels + 0.5) * self.factor - 0.5)

    def at(self, point_lps_mm: npt.ArrayLike) -> FloatArray:
        """Return the pixel (x, y) of one LPS point."""
        return np.asarray(self.enlarged(self.radiograph.view.pixels_from_points(point_lps_mm))[0])

    def outline_structures(self, segmentation: Segmentation, colours: Mapping[str, Colour]) -> None:
        """Draw the outline of every structure's shadow."""
        for name, colour in colours.items():
            for line in outlines(silhouette(self.radiograph, segmentation, name), 0.8):
                self.canvas.line(self.enlarged(line), colour, 1.2)

    def mark_landmarks(self, landmarks: Landmarks) -> None:
        """Dot and name the pelvic and femoral landmarks that were found, and the rotation centres."""
        stems = [landmark_name(stem, side) for stem in SHOWN_LANDMARKS for side in SIDES]
        for name in [*stems, "PSY"]:
            mark = _found(landmarks, name)
            if mark is not None:
                xy = self.at(mark.point)
                self.canvas.dot(xy, LANDMARK, 2.5)
                self.canvas.text((xy[0] + 6, xy[1]), name.split("_")[0], self.text_size * 0.72, LANDMARK, "lm")
        self.mark_centres(landmarks)

    def mark_centres(self, landmarks: Landmarks) -> None:
        """Mark the native rotation centres and today's with crosses."""
        for stem, colour in (("HRC_NATIVE", CENTRE_NATIVE), ("HRC", CENTRE_NOW)):
            for side in SIDES:
                mark = _found(landmarks, landmark_name(stem, side))
                if mark is not None:
                    self.canvas.cross(self.at(mark.point), colour, 8.0, 1.6)

    def draw_teardrop_line(self, landmarks: Landmarks) -> tuple[FloatArray, FloatArray] | None:
        """Draw the inter-teardrop line across the film; return its unit vector to the patient's left and upward."""
        left, right = (_found(landmarks, landmark_name("TD", side)) for side in SIDES)
        if left is None or right is None:
            return None
        a, b = self.at(right.point), self.at(left.point)
        along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-9)
        up = np.array([along[1], -along[0]])
        self.canvas.line([a - along * self.canvas.width, b + along * self.canvas.width], LINE, 1.6)
        for end in (a, b):
            self.canvas.dot(end, LINE, 3.0)
        return along, up

    def draw_head(self, landmarks: Landmarks, side: Side) -> None:
        """Draw the outline of the femoral or prosthetic head that the rotation centre was taken from."""
        head = landmarks.hips[side].head
        centre = _found(landmarks, landmark_name("HRC", side))
        if head is not None and centre is not None:
            self.canvas.circle(self.at(centre.point), head.radius_mm / self.mm_per_px, CENTRE_NOW, 1.4)

    def ring_projected_teardrop(self, landmarks: Landmarks, side: Side) -> None:
        """Ring the teardrop that the rays of the anterior pelvic frame show."""
        apex = _found(landmarks, landmark_name(PROJECTED_TEARDROPS["app"], side))
        if apex is not None:
            self.canvas.circle(self.at(apex.point), 7.0, LINE, 1.4)

    def draw_height_and_horizontal(
        self, case: MeasuredCase, side: Side, axes: tuple[FloatArray, FloatArray], frame: str
    ) -> None:
        """Draw height and horizontal position of one rotation centre with the measured values beside them."""
        teardrop = _found(case.landmarks, landmark_name("TD", side))
        centre = _found(case.landmarks, landmark_name("HRC", side))
        if teardrop is None or centre is None:
            return
        along, up = axes
        t, c = self.at(teardrop.point), self.at(centre.point)
        foot, level = c - ((c - t) @ up) * up, t + ((c - t) @ up) * up
        self.canvas.line([t - 0.4 * (level - t), level + 0.5 * (level - t)], LINE, 1.4)
        self.canvas.line([foot, c], CENTRE_NOW, 1.8)
        self.canvas.line([level, c], CENTRE_NOW, 1.8)
        height = case.find("rotation_centre_height", side, frame)
        horizontal = case.find("rotation_centre_horizontal", side, frame)
        outward = 1.0 if along @ (c - t) > 0 else -1.0
        size, step = self.text_size, self.text_size * 1.3
        lines = [f"{word} {short_text(value)}" for word, value in (("height", height), ("horizontal", horizontal))]
        room = max(text_width(line, size) for line in lines) + 10
        x = float(np.clip(c[0] + outward * 14, room, self.canvas.width - room))
        for row, line in enumerate(lines):
            self.canvas.text((x, foot[1] + (1.1 + row) * step), line, size, LINE, "lm" if outward > 0 else "rm")

    def mark_planned_centre(self, point_lps_mm: npt.ArrayLike, radius_mm: float) -> None:
        """Draw the planned cup's centre and outline."""
        xy = self.at(point_lps_mm)
        self.canvas.cross(xy, PLANNED, 9.0, 2.0)
        self.canvas.circle(xy, radius_mm / self.mm_per_px, PLANNED, 1.4)


def pelvic_radiograph(volume: Volume, segmentation: Segmentation, landmarks: Landmarks) -> Radiograph:
    """Return the parallel radiograph of the whole pelvis in its anterior pelvic plane, or in the table's axes."""
    return project(volume, view_around(pelvis_points(segmentation), radiograph_frame(landmarks, volume)))


def radiograph_frame(landmarks: Landmarks, volume: Volume) -> RigidTransform:
    """Return the anterior pelvic plane's frame, or the table's axes through the scan's middle without one."""
    if landmarks.lps_from_app is not None:
        return landmarks.lps_from_app
    middle = volume.grid.points_from_indices((np.array(volume.grid.size) - 1) / 2)
    return RigidTransform.from_axes(np.eye(3), middle, Frame.LPS, Frame.TABLE)


def _found(landmarks: Landmarks, name: str) -> Landmark | None:
    mark = landmarks.points.get(name)
    return mark if mark is not None and mark.status.has_value else None
