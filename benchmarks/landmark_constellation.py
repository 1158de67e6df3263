"""Make the figures of how the landmarks of adult pelves lie to each other, and measure what they are worth.

    python benchmarks/landmark_constellation.py BONES ATLAS -o src/coxa/landmarks/constellation/adult_pelves.json

BONES holds a folder a subject: surfaces (``hip_left.npz`` and so on) and ``landmarks.json`` with rated landmarks.
ATLAS holds ``hip_left.npz``, ``hip_right.npz`` and ``sacrum.npz`` with corresponding vertices of others. A shape model
of the atlas is laid on each rated bone; the vertices nearest to its rated landmarks, averaged over the rated subjects,
are the atlas subjects' landmarks. Where the local rule finds a prominence within 9 mm of that, its point is taken: it
is sharper than the correspondence. Landmarks without raters (IT, PSY, and SP of the atlas) are the rule's own.

Only means and covariances leave: no surface, no subject's landmarks. Printed: leave-one-subject-out errors of each
landmark predicted from the others, and of both hip centres where neither is known.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from coxa.anatomy import SIDES, landmark_name
from coxa.errors import FitError
from coxa.geometry import Mesh
from coxa.geometry.registration import register_pairs, transform_points
from coxa.geometry.surface_points import points_of_mesh
from coxa.io.records.atlas_files import read_corresponding_surfaces
from coxa.landmarks.centres.atlas_build import build_atlas
from coxa.landmarks.centres.shape_fit import fit_shape_model
from coxa.landmarks.constellation.agreement import HEAD_NOISE_MM, POINT_NOISE_MM
from coxa.landmarks.constellation.model import Constellation, fit_constellation
from coxa.landmarks.femur import fit_native_head
from coxa.landmarks.pelvis import find_pelvic_points

RATED = {"ASIS": "asis", "PT": "pubic_tubercle", "AIIS": "aiis", "PSIS": "psis", "IS": "ischial_spine"}
PAIRED = ("ASIS", "AIIS", "PSIS", "PT", "IS", "IT", "HRC")
NAMES = (*(landmark_name(stem, side) for stem in PAIRED for side in SIDES), "PSY", "SP")
MIRROR = np.array([-1.0, 1.0, 1.0])
SHARPER_WITHIN_MM = 9.0
DIAGONAL_SHARE = 0.1
"""Of the covariance that is drawn to its diagonal: forty subjects do not fill 48 dimensions."""
ALIGNMENT_ROUNDS = 8


def mesh_of(path):
    with np.load(path) as data:
        return Mesh(data["vertices"].astype(np.float64), data["faces"].astype(np.int64))


def rated_subject(folder, atlas):
    """Return a subject's points by name, and where on the atlas's vertices and model each lies."""
    rated = json.loads((folder / "landmarks.json").read_text(encoding="utf-8"))["landmarks_lps_mm"]
    hips = {side: points_of_mesh(mesh_of(folder / f"hip_{side}.npz")) for side in SIDES}
    found = find_pelvic_points(hips, points_of_mesh(mesh_of(folder / "sacrum.npz"))).points_lps_mm
    points = {name: found[name] for name in ("IT_L", "IT_R", "PSY")}
    points["SP"] = np.array(rated["sacral_promontory"])
    places = {}
    for side in SIDES:
        fit = fit_shape_model(atlas.models[side], side, hips[side], found)
        laid = transform_points(fit.lps_from_model, atlas.models[side].shape(fit.coefficients).vertices_lps_mm)
        for stem, word in RATED.items():
            name = landmark_name(stem, side)
            points[name] = np.array(rated[f"{word}_{side}"])
            gap, vertices = cKDTree(laid).query(points[name], k=3)
            places[name] = (vertices, (1.0 / (gap + 0.1)) / (1.0 / (gap + 0.1)).sum())
        femur = folder / f"femur_{side}.npz"
        if femur.exists():
            name = landmark_name("HRC", side)
            points[name] = fit_native_head(points_of_mesh(mesh_of(femur)), hips[side]).sphere.centre_lps_mm
            own = transform_points(np.linalg.inv(fit.lps_from_model), points[name])
            places[name] = own - atlas.models[side].centre(fit.coefficients)
    return points, places


def atlas_subjects(surfaces, sacra, atlas, places):
    """Return the points of each atlas subject by name."""
    subjects = []
    for number in range(len(sacra["vertices"])):
        bones = {side: Mesh(surfaces[side].vertices_lps_mm[number], surfaces[side].faces) for side in SIDES}
        clouds = {side: points_of_mesh(bone) for side, bone in bones.items()}
        sacrum = Mesh(sacra["vertices"][number].astype(np.float64), sacra["faces"].astype(np.int64))
        found = find_pelvic_points(clouds, points_of_mesh(sacrum)).points_lps_mm
        points = {name: found[name] for name in ("IT_L", "IT_R", "PSY", "SP") if name in found}
        for side in SIDES:
            vertices, model = bones[side].vertices_lps_mm, atlas.models[side]
            for stem in RATED:
                name = landmark_name(stem, side)
                mean = np.mean([weights @ vertices[near] for near, weights in places[name]], axis=0)
                on_bone = vertices[cKDTree(vertices).query(mean, k=3)[1]].mean(0)
                sharper = name in found and np.linalg.norm(found[name] - on_bone) < SHARPER_WITHIN_MM
                points[name] = found[name] if sharper else on_bone
            fit = fit_shape_model(model, side, clouds[side], found)
            offset = np.mean(places[landmark_name("HRC", side)], axis=0)
            points[landmark_name("HRC", side)] = transform_points(
                fit.lps_from_model, model.centre(fit.coefficients) + offset
            )
        subjects.append(points)
    return subjects


def similarity(source, target):
    """Return scale, and the points of the source laid on the target (size taken out)."""
    motion = register_pairs(source, target)
    laid = transform_points(motion, source)
    a, b = laid - laid.mean(0), target - target.mean(0)
    scale = float((a * b).sum() / (a**2).sum())
    return scale, motion


def constellation_of(subjects):
    """Return the figures of these subjects, each once as it is and once mirrored."""
    shapes = np.full((len(subjects), len(NAMES), 3), np.nan)
    for n, points in enumerate(subjects):
        for name, place in points.items():
            shapes[n, NAMES.index(name)] = place
    exchanged = [NAMES.index(n[:-1] + {"L": "R", "R": "L"}[n[-1]] if n[-2] == "_" else n) for n in NAMES]
    shapes = np.concatenate([shapes, shapes[:, exchanged] * MIRROR])
    there = ~np.isnan(shapes[:, :, 0])
    mean = shapes[np.flatnonzero(there.all(axis=1))[0]]
    for _ in range(ALIGNMENT_ROUNDS):
        laid, scales = np.full_like(shapes, np.nan), []
        for n, known in enumerate(there):
            scale, motion = similarity(shapes[n, known], mean[known])
            moved = transform_points(motion, shapes[n, known])
            laid[n, known] = mean[known].mean(0) + scale * (moved - moved.mean(0))
            scales.append(1.0 / scale)
        mean = np.nanmean(laid, axis=0) - np.nanmean(laid, axis=(0, 1))
        mean = 0.5 * (mean + mean[exchanged] * MIRROR)
    size = float(np.mean(scales))
    off = np.nan_to_num((laid - np.nanmean(laid, axis=(0, 1)) - mean) * size).reshape(len(shapes), -1)
    # Mirrored twins are no further subjects; size, turn and place took seven numbers of each.
    covariance = off.T @ off / (len(shapes) * (1.0 - 1.0 / len(subjects)) - 7.0 / 3.0)
    drawn = (1.0 - DIAGONAL_SHARE) * covariance + DIAGONAL_SHARE * np.diag(np.diag(covariance))
    return Constellation(NAMES, mean * size, 0.5 * (drawn + drawn.T), float(np.std(np.log(scales))))


def left_out_errors(subjects):
    """Return the errors of each landmark from the others, and of the centres with neither known, mm."""
    errors = defaultdict(list)
    for n, points in enumerate(subjects):
        model = constellation_of(subjects[:n] + subjects[n + 1 :])
        noise = {name: HEAD_NOISE_MM if name.startswith("HRC") else POINT_NOISE_MM for name in points}
        fitted = fit_constellation(model, points, noise)
        for name in points:
            away = fitted.left_out(name).position_lps_mm - points[name]
            errors[name.split("_")[0]].append(float(np.linalg.norm(away)))
        bony = {name: place for name, place in points.items() if not name.startswith("HRC")}
        without = fit_constellation(model, bony, noise)
        for name in set(points) - set(bony):
            away = without.expected(name, 0.0).position_lps_mm - points[name]
            errors["HRC, neither known"].append(float(np.linalg.norm(away)))
    return errors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bones", type=Path)
    parser.add_argument("atlas", type=Path)
    parser.add_argument("-o", "--out", type=Path)
    arguments = parser.parse_args()
    surfaces = read_corresponding_surfaces(sorted(arguments.atlas.glob("*.npz")))
    atlas = build_atlas(surfaces)
    subjects, places = [], defaultdict(list)
    for folder in sorted(path for path in arguments.bones.iterdir() if (path / "landmarks.json").exists()):
        try:
            points, where = rated_subject(folder, atlas)
        except FitError as refusal:
            print(f"{folder.name}: {refusal}")
            continue
        subjects.append(points)
        for name, place in where.items():
            places[name].append(place)
    with np.load(arguments.atlas / "sacrum.npz") as sacra:
        subjects += atlas_subjects(surfaces, dict(sacra), atlas, places)
    for name, row in left_out_errors(subjects).items():
        mean, most, worst = np.mean(row), np.quantile(row, 0.95), max(row)
        print(f"{name:20s} n {len(row):3d}  mean {mean:5.2f}  95 % {most:5.2f}  worst {worst:5.2f} mm")
    if arguments.out is not None:
        model = constellation_of(subjects)
        content = {
            "made_by": "benchmarks/landmark_constellation.py",
            "subjects": len(subjects),
            "names": list(model.names),
            "log_size_sd": round(model.log_size_sd, 4),
            "mean_mm": np.round(model.mean_mm, 3).tolist(),
            "covariance_mm2_lower": np.round(model.covariance_mm2[np.tril_indices(3 * len(NAMES))], 4).tolist(),
        }
        arguments.out.write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
