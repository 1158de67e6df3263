"""Mean and covariance of the landmarks of adult pelves, and what some points of one pelvis say of the others.

The points of a pelvis are the mean constellation, moved, turned and scaled, plus a normal deviation whose covariance
was measured. Pose and size are estimated together with the deviation by generalised least squares, so any subset of
points predicts the rest (universal kriging), and the same solution says how far each point lies from where all the
others put it, in units of what is usual.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, IntArray, read_only

FIGURES_FILE = "adult_pelves.json"
MIN_POINTS = 5
"""Seven parameters of pose and size take two points and a half; fewer than this many leave nothing to compare."""
POSE_ROUNDS = 12
"""Gauss-Newton steps of pose and size at most; three or four are taken."""
SETTLED_MM = 1e-6
"""A step that moves the constellation by less ends the search."""


@dataclass(frozen=True, eq=False)
class Constellation:
    """The landmarks of many pelves, in a frame of their own (left, posterior, superior), mm.

    Attributes
    ----------
    names : tuple of str
    mean_mm : ndarray (N, 3)
        Symmetric: the right points are the left ones mirrored.
    covariance_mm2 : ndarray (3N, 3N)
        Of the deviations from the mean after size, turn and place are taken out.
    log_size_sd : float
        Standard deviation of the logarithm of the size.
    """

    names: tuple[str, ...]
    mean_mm: FloatArray
    covariance_mm2: FloatArray
    log_size_sd: float

    def __post_init__(self) -> None:
        count = len(self.names)
        object.__setattr__(self, "mean_mm", read_only(self.mean_mm, (count, 3)))
        object.__setattr__(self, "covariance_mm2", read_only(self.covariance_mm2, (3 * count, 3 * count)))

    def rows(self, names: tuple[str, ...]) -> IntArray:
        """Return the rows of the covariance that belong to these landmarks, in order."""
        start = 3 * np.array([self.names.index(name) for name in names], dtype=np.int64)
        return np.asarray((start[:, None] + np.arange(3)).ravel())


@dataclass(frozen=True, eq=False)
class Expected:
    """Where the other points put a landmark.

    Attributes
    ----------
    position_lps_mm : ndarray (3,)
    covariance_mm2 : ndarray (3, 3)
        Of the found point about that position, LPS.
    distance_squared : float
        Mahalanobis distance of the found point, squared; 3 on average where nothing is wrong.
    """

    position_lps_mm: FloatArray
    covariance_mm2: FloatArray
    distance_squared: float


@dataclass(frozen=True, eq=False)
class FittedConstellation:
    """The constellation laid on the points of one pelvis; made by `fit_constellation`."""

    model: Constellation
    names: tuple[str, ...]
    scale: float
    turn: FloatArray
    shift_lps_mm: FloatArray
    precision: FloatArray
    residual_mm: FloatArray
    pose_covariance: FloatArray

    def expected(self, name: str, noise_mm: float, found_lps_mm: FloatArray | None = None) -> Expected:
        """Return where the fitted points put a landmark that is not among them.

        Parameters
        ----------
        name : str
        noise_mm : float
            Standard deviation a coordinate of a found point about the truth.
        found_lps_mm : ndarray (3,), optional
            A found point to judge; else the distance is zero.
        """
        own, others = self.model.rows((name,)), self.model.rows(self.names)
        covariance = self.model.covariance_mm2
        across = covariance[np.ix_(own, others)] @ self.precision
        mean = self.model.mean_mm[self.model.names.index(name)]
        pose = _pose_columns(mean[None]) - across @ _pose_columns(_means(self.model, self.names))
        spread = covariance[np.ix_(own, own)] - across @ covariance[np.ix_(others, own)]
        spread = self.scale**2 * (spread + pose @ self.pose_covariance @ pose.T) + noise_mm**2 * np.eye(3)
        place = self._placed(mean + across @ self.residual_mm)
        spread = self.turn @ spread @ self.turn.T
        off = np.zeros(3) if found_lps_mm is None else found_lps_mm - place
        return Expected(place, spread, float(off @ np.linalg.solve(spread, off)))

    def left_out(self, name: str) -> Expected:
        """Return where the other fitted points put one of the fitted points, and how far off it is."""
        columns = _pose_columns(_means(self.model, self.names))
        projected = self.precision - self.precision @ columns @ self.pose_covariance @ columns.T @ self.precision
        own = 3 * self.names.index(name) + np.arange(3)
        spread = np.linalg.inv(projected[np.ix_(own, own)])
        # At the optimum the points' pull on pose and size is balanced by the prior: nothing is left to project.
        off = spread @ (self.precision @ self.residual_mm)[own]
        distance_squared = float(off @ np.linalg.solve(spread, off))
        found = self.model.mean_mm[self.model.names.index(name)] + self.residual_mm[own]
        covariance = self.scale**2 * self.turn @ spread @ self.turn.T
        return Expected(self._placed(found - off), covariance, distance_squared)

    def _placed(self, place_mm: FloatArray) -> FloatArray:
        return np.asarray(self.scale * self.turn @ place_mm + self.shift_lps_mm)


def fit_constellation(
    model: Constellation, points_lps_mm: Mapping[str, FloatArray], noise_mm: Mapping[str, float]
) -> FittedConstellation:
    """Estimate pose, size and deviation from the points that are there.

    Parameters
    ----------
    model : Constellation
    points_lps_mm : Mapping[str, ndarray (3,)]
        Landmarks by contract name; those that the model does not know are passed over.
    noise_mm : Mapping[str, float]
        Standard deviation a coordinate of each point about the truth.

    Raises
    ------
    FitError
        With fewer than `MIN_POINTS` points.
    """
    names = tuple(name for name in model.names if name in points_lps_mm)
    if len(names) < MIN_POINTS:
        raise FitError(f"{len(names)} landmarks are too few to compare with a constellation: {MIN_POINTS} are needed")
    means, rows = _means(model, names), model.rows(names)
    found = np.array([points_lps_mm[name] for name in names])
    noise = np.repeat([noise_mm[name] ** 2 for name in names], 3)
    precision: FloatArray = np.asarray(np.linalg.inv(model.covariance_mm2[np.ix_(rows, rows)] + np.diag(noise)))
    columns = _pose_columns(means)
    prior = np.zeros((7, 7))
    prior[6, 6] = model.log_size_sd**-2
    pose_covariance: FloatArray = np.asarray(np.linalg.inv(columns.T @ precision @ columns + prior))
    scale, turn, shift = _similarity(means, found)
    for _ in range(POSE_ROUNDS):
        residual = ((found - shift) @ turn / scale - means).ravel()
        pull = columns.T @ precision @ residual
        pull[6] -= np.log(scale) * prior[6, 6]
        step = pose_covariance @ pull
        shift = shift + scale * turn @ step[:3]
        turn = turn @ _rotation(step[3:6])
        scale = scale * float(np.exp(step[6]))
        if np.abs(step[:3]).max() < SETTLED_MM:
            break
    residual = ((found - shift) @ turn / scale - means).ravel()
    return FittedConstellation(model, names, scale, turn, shift, precision, residual, pose_covariance)


@cache
def adult_constellation() -> Constellation:
    """Return the figures that come with the package: forty adults, both sides of each."""
    text = files(__package__).joinpath(FIGURES_FILE).read_text(encoding="utf-8")
    content = json.loads(text)
    names = tuple(content["names"])
    lower = np.zeros((3 * len(names), 3 * len(names)))
    lower[np.tril_indices(len(lower))] = content["covariance_mm2_lower"]
    covariance = lower + np.tril(lower, -1).T
    return Constellation(names, np.array(content["mean_mm"]), covariance, content["log_size_sd"])


def _means(model: Constellation, names: tuple[str, ...]) -> FloatArray:
    return model.mean_mm[[model.names.index(name) for name in names]]


def _pose_columns(points_mm: FloatArray) -> FloatArray:
    """Return what a small shift, turn and growth do to the points: (3N, 7)."""
    x, y, z = points_mm.T
    zero = np.zeros_like(x)
    turn = np.array([[zero, z, -y], [-z, zero, x], [y, -x, zero]]).transpose(2, 0, 1)
    shift = np.broadcast_to(np.eye(3), turn.shape)
    return np.concatenate([shift, turn, points_mm[:, :, None]], axis=2).reshape(-1, 7)


def _similarity(source: FloatArray, target: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Return scale, proper rotation and shift that lay points on others best (Umeyama 1991)."""
    a, b = source - source.mean(0), target - target.mean(0)
    left, singular, right = np.linalg.svd(b.T @ a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    turn = left @ np.diag(sign) @ right
    scale = float(singular @ sign / (a**2).sum())
    return scale, turn, target.mean(0) - scale * turn @ source.mean(0)


def _rotation(vector: FloatArray) -> FloatArray:
    """Return the rotation matrix of a rotation vector (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross)
