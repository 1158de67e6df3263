"""Accuracy on ten adults' bones against the consensus of five raters; skipped without the data."""

import json
from collections import defaultdict

import numpy as np
import pytest
from scipy.spatial import cKDTree

from coxa.anatomy import SIDES, Side
from coxa.geometry import Mesh, app_frame, fit_sphere
from coxa.landmarks import find_landmarks

pytestmark = [pytest.mark.real, pytest.mark.slow]

RATED = {
    "ASIS": "asis",
    "PT": "pubic_tubercle",
    "AIIS": "aiis",
    "PSIS": "psis",
    "IS": "ischial_spine",
    "GT": "greater_trochanter_superior",
    "LT": "lesser_trochanter",
}
# Accepted mean and worst distance in mm: the issue's means, twice the raters' 95th percentile; trochanters [E].
ACCEPTED = {
    "ASIS": (2.5, 16.4),
    "PT": (1.8, 9.8),
    "IS": (1.8, 8.4),
    "PSIS": (3.5, 19.6),
    "AIIS": (2.5, 13.0),
    "SP": (2.9, 5.6),
    "GT": (3.5, 8.0),
    "LT": (3.0, 6.0),
}


def load(folder):
    meshes = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as data:
            meshes[path.stem] = Mesh(data["vertices"], data["faces"])
    rated = json.loads((folder / "landmarks.json").read_text(encoding="utf-8"))["landmarks_lps_mm"]
    return meshes, {name: np.array(place) for name, place in rated.items()}


def head_centre(meshes, side: Side) -> np.ndarray:
    """Sphere through the head surface within 1.2 mm, on the head side of the neck: the truth's definition."""
    points = meshes[f"femur_{side}"].vertices_lps_mm
    near = cKDTree(meshes[f"hip_{side}"].vertices_lps_mm).query(points)[0] < 6.0
    sphere = fit_sphere(points[near])
    for step in range(40):
        d = points - sphere.centre_lps_mm
        distance, radius = np.linalg.norm(d, axis=1), sphere.radius_mm
        neck = d[(distance > 1.1 * radius) & (distance < 1.4 * radius)].mean(0)
        head = np.abs(distance - radius) < max(1.2, 4 - 0.3 * step)
        sphere = fit_sphere(points[head & (d @ neck < 0.4 * radius * np.linalg.norm(neck))])
    return sphere.centre_lps_mm


@pytest.fixture(scope="module")
def results(shared_data):
    errors, held = defaultdict(list), defaultdict(list)

    def judge(stem, mark, truth):
        errors[stem].append(float(np.linalg.norm(mark.point - truth)))
        held[stem].append(errors[stem][-1] <= mark.uncertainty_mm)

    for folder in sorted((shared_data / "data" / "bones").glob("z*")):
        meshes, rated = load(folder)
        found = find_landmarks(meshes)
        for stem, name in RATED.items():
            for side in SIDES:
                if f"{name}_{side}" in rated:
                    judge(stem, found.points[f"{stem}_{side.suffix}"], rated[f"{name}_{side}"])
        judge("SP", found.points["SP"], rated["sacral_promontory"])
        corners = [rated[f"{name}_{side}"] for name in ("asis", "pubic_tubercle") for side in SIDES]
        apart = np.linalg.norm(app_frame(*corners).axes - found.lps_from_app.axes) / (2 * np.sqrt(2))
        errors["APP"].append(float(np.degrees(2 * np.arcsin(apart))))
        centres = {side: head_centre(meshes, side) for side in SIDES if f"femur_{side}" in meshes}
        for side, centre in centres.items():
            judge("HRC", found.points[f"HRC_{side.suffix}"], centre)
        if len(centres) == 2:
            lone = find_landmarks(_with_a_ruined_left_hip(meshes, centres[Side.LEFT]))
            judge("MIRROR", lone.points["HRC_NATIVE_L"], centres[Side.LEFT])
    return errors, held


def _with_a_ruined_left_hip(meshes, centre):
    """Cut the left head off and push the socket's bone 8 mm outward within 45 mm of the centre."""
    femur = meshes["femur_left"]
    far = np.linalg.norm(femur.vertices_lps_mm - centre, axis=1) > 40.0
    kept = femur.faces[far[femur.faces].all(axis=1)]
    hip = meshes["hip_left"].vertices_lps_mm
    out = hip - centre
    distance = np.linalg.norm(out, axis=1)[:, None]
    ruined = hip + out / distance * 8.0 * np.clip((45.0 - distance) / 10.0, 0.0, 1.0)
    return {
        **meshes,
        "femur_left": Mesh(femur.vertices_lps_mm, kept),
        "hip_left": Mesh(ruined, meshes["hip_left"].faces),
    }


@pytest.mark.parametrize("stem", ACCEPTED)
def test_bony_landmarks_against_raters(results, stem):
    mean, worst = ACCEPTED[stem]
    errors = results[0][stem]
    assert np.mean(errors) <= mean
    assert np.max(errors) <= worst


@pytest.mark.parametrize(("stem", "mean", "worst"), [("HRC", 0.5, 1.0), ("MIRROR", 2.5, 5.0), ("APP", 0.7, 1.5)])
def test_centres_and_frame(results, stem, mean, worst):
    errors = results[0][stem]
    assert np.mean(errors) <= mean
    assert np.max(errors) <= worst


def test_stated_radii_hold_most_truths(results):
    held = [inside for stem, row in results[1].items() if stem != "HRC" for inside in row]
    assert 0.85 <= np.mean(held) <= 0.97
