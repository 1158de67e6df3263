"""Parameters in, scan with exact truth out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from coxa.anatomy import LABELS, Side
from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.labels import Segmentation
from coxa.phantom.grids import default_grid, pose_transform
from coxa.phantom.parameters import PhantomParameters
from coxa.phantom.picture import LINER_HU, BoneLayer, HardLayer, Scene, take_picture
from coxa.phantom.reconstruction import FEMUR_BOX, OperatedSide, operate
from coxa.phantom.sampling import SampledSolid, occupancy, sample
from coxa.phantom.skeleton import HIP_BOX, Skeleton, build_skeleton
from coxa.phantom.solids import Points, Solid
from coxa.phantom.streaks import StreakModel, metal_streaks
from coxa.phantom.tissue import Field
from coxa.phantom.truth import describe
from coxa.volume import Volume, restore_array

LINER_LABEL, METAL_LABEL = 7, 6
"""Label values of liner and metal."""
TABLE_BEHIND_MID_ASIS_MM = 188.0
"""The table begins this far behind mid-ASIS, mm."""
SACRUM_BOX = np.array([[-75.0, 45.0, -95.0], [75.0, 165.0, 65.0]])
"""Corners of a box that holds the sacrum (left, posterior, superior), mm."""
VERTEBRA_BOX = np.array([[-55.0, 40.0, 20.0], [55.0, 150.0, 85.0]])
"""Corners of a box that holds the fifth lumbar vertebra (left, posterior, superior), mm."""


@dataclass(frozen=True, eq=False)
class PhantomScan:
    """A simulated scan.

    Attributes
    ----------
    volume : Volume
    segmentation : Segmentation
        Exact labels; value 7 is the liner, which is no structure of the contract.
    truth : Mapping[str, Any]
        What ``truth.json`` holds.
    """

    volume: Volume
    segmentation: Segmentation
    truth: Mapping[str, Any]


def simulate(parameters: PhantomParameters, grid: Grid | None = None) -> PhantomScan:
    """Simulate a CT of the phantom.

    Parameters
    ----------
    parameters : PhantomParameters
    grid : Grid, optional
        Any orientation, also oblique; the default is axial LPS over ``parameters.scanner.field_lps_mm``.

    Returns
    -------
    PhantomScan
        On that grid. The anatomy is the same in LPS whatever the grid.
    """
    wanted = grid if grid is not None else default_grid(parameters)
    axes, flips = wanted.axes_nearest_lps()
    working = wanted.reoriented(axes, flips)
    skeleton = build_skeleton(parameters.left.shape, parameters.right.shape)
    sides = {
        side: operate(skeleton, skeleton.halves[side], parameters.left if side is Side.LEFT else parameters.right)
        for side in skeleton.halves
    }
    lps_from_body = pose_transform(parameters.pose).matrix @ skeleton.body_from_app.inverse().matrix
    scene = _scene(parameters, skeleton, sides, working, np.asarray(np.linalg.inv(lps_from_body), dtype=np.float64))
    hu, labels = take_picture(scene, parameters)
    hu, labels = (np.ascontiguousarray(restore_array(a, axes, flips)) for a in (hu, labels))
    segmentation = Segmentation(labels, wanted, {**LABELS, LINER_LABEL: "liner"}, backend="phantom")
    truth = describe(parameters, skeleton, sides, lps_from_body, segmentation)
    return PhantomScan(Volume(hu, wanted), segmentation, truth)


def _scene(
    parameters: PhantomParameters,
    skeleton: Skeleton,
    sides: Mapping[Side, OperatedSide],
    grid: Grid,
    body_from_lps: FloatArray,
) -> Scene:
    def on_grid(solid: Solid, box: FloatArray) -> SampledSolid | None:
        return sample(solid, grid, body_from_lps, box)

    scale = parameters.bone.cortex_scale
    bones: list[BoneLayer] = []
    hard: list[HardLayer] = []
    for side, operated in sides.items():
        hip_box, femur_box = (_mirrored(box, side) for box in (HIP_BOX, FEMUR_BOX))
        hip, thigh = on_grid(operated.hip, hip_box), on_grid(operated.femur, femur_box)
        canal = on_grid(operated.canal, femur_box)
        number = 1 if side is Side.LEFT else 2
        if hip is not None:
            bones.append(BoneLayer(number, hip, _hip_cortex(operated, scale)))
        if thigh is not None:
            bones.append(BoneLayer(number + 3, thigh, _femur_cortex(operated, scale), canal))
        hard += _hard_layers(operated, on_grid, femur_box)
    for label, solid, box in ((3, skeleton.sacrum, SACRUM_BOX), (0, skeleton.vertebra, VERTEBRA_BOX)):
        sampled = on_grid(solid, box)
        if sampled is not None:
            bones.append(BoneLayer(label, sampled, lambda p: np.full(p.shape[1:], 1.1 * scale, dtype=np.float32)))
    table = parameters.pose.offset_mm[1] + TABLE_BEHIND_MID_ASIS_MM if parameters.scanner.has_table else None
    streaks = _streaks(hard, grid, parameters.seed) if parameters.scanner.metal_artefacts else None
    return Scene(grid, body_from_lps, tuple(bones), tuple(hard), streaks, table)


def _mirrored(box: FloatArray, side: Side) -> FloatArray:
    return box if side is Side.LEFT else np.c_[-box[::-1, 0], box[:, 1:]]


def _hard_layers(
    operated: OperatedSide, on_grid: Callable[[Solid, FloatArray], SampledSolid | None], box: FloatArray
) -> list[HardLayer]:
    box = box + np.array([[-10.0, -10.0, 0.0], [10.0, 10.0, 40.0]])
    wanted = [(METAL_LABEL, solid, hu) for solid, hu in operated.metals]
    if operated.liner is not None:
        wanted.insert(0, (LINER_LABEL, operated.liner, LINER_HU))
    layers = ((label, on_grid(solid, box), hu) for label, solid, hu in wanted)
    return [HardLayer(label, sampled, hu) for label, sampled, hu in layers if sampled is not None]


def _hip_cortex(operated: OperatedSide, scale: float) -> Callable[[Points], Field]:
    """Return a shell thin on the wing, thicker under the lunate surface."""
    centre = operated.half.to_body(operated.half.hip.centre).astype(np.float32)
    radius = np.float32(operated.half.hip.socket_radius_mm)

    def cortex(p: Points) -> Field:
        gap = np.sqrt(((p - centre.reshape(3, 1, 1, 1)) ** 2).sum(axis=0)) - radius
        return np.asarray(scale * (1.3 + 0.8 * np.exp(-((gap / 4) ** 2))), dtype=np.float32)

    return cortex


def _femur_cortex(operated: OperatedSide, scale: float) -> Callable[[Points], Field]:
    """Return a thin shell at head and trochanters that thickens down the shaft until it meets the canal."""
    thigh, half = operated.half.femur, operated.half
    base = (half.to_body(thigh.neck_base) + operated.femur_shift).astype(np.float32)
    down = half.to_body(thigh.shaft_axis).astype(np.float32)

    def cortex(p: Points) -> Field:
        along = np.tensordot(down, p - base.reshape(3, 1, 1, 1), axes=1)
        return np.asarray(scale * (1.3 + 5.2 * np.clip((along - 10) / 55, 0, 1)), dtype=np.float32)

    return cortex


def _streaks(hard: list[HardLayer], grid: Grid, seed: int) -> StreakModel | None:
    """Streaks of all metal together."""
    parts = [part for part in hard if part.label == METAL_LABEL]
    if not parts:
        return None
    stacked = np.zeros(grid.shape, dtype=np.float32)
    width = float(np.prod(grid.spacing_mm) ** (1 / 3))
    for part in parts:
        where, distance = part.solid.slab(0, grid.shape[0]) or (None, None)
        if where is not None and distance is not None:
            np.maximum(stacked[where], occupancy(distance, width) * np.float32(part.hu / 5000.0), out=stacked[where])
    slices = np.flatnonzero(stacked.any(axis=(1, 2)))
    if not len(slices):
        return None
    first, last = int(slices[0]), int(slices[-1]) + 1
    return metal_streaks(stacked[first:last], first, grid.spacing_mm[:2], seed)
