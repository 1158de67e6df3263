"""Measure how well a healthy hip tells where the other one's centre was: the floor under every mirrored target.

    python benchmarks/symmetry.py SHARED

SHARED holds ``data/bones`` and ``data/atlas``. Each intact hip in turn is held to be lost: its socket, and a second
ball of that size 25 mm higher, take no part. A row a source: hips, and mean, 90th percentile and worst distance of the
mirrored centre from the true one (the femoral head's where there is a femur, else the lunate surface's), mm; and how
far the socket's own sphere lies from the head's, found from where the hip bone alone suggests it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from coxa.anatomy import SIDES, Side
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.fits import FittedSphere
from coxa.geometry.frames import RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.geometry.registration import transform_points
from coxa.geometry.sphere_search import ExpectedCentre, find_sphere_near
from coxa.geometry.surface_points import SurfacePoints, points_of_mesh
from coxa.landmarks.centres.mirror import find_mirror_map
from coxa.landmarks.centres.pelvic_ratios import expected_centre_lps_mm
from coxa.landmarks.centres.socket_fit import fit_socket
from coxa.landmarks.pelvis import find_pelvic_points

MIGRATED_MM = 25.0
CARTILAGE_MM = 1.6
HEAD_RADIUS_MM = (17.0, 32.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    data = parser.parse_args().shared / "data"
    for name, people in (("bones", _people_of_bones(data / "bones")), ("atlas", _people_of_atlas(data / "atlas"))):
        missed = np.concatenate([mirrored_misses_mm(person) for person in people])
        print(
            f"{name}: {len(missed)} hips, mean {missed.mean():.2f}, "
            f"90 % within {np.percentile(missed, 90):.2f}, worst {missed.max():.2f} mm"
        )
    apart = np.concatenate([socket_misses_mm(person) for person in _people_of_bones(data / "bones")])
    print(f"sockets against heads: {len(apart)}, mean {apart.mean():.2f}, worst {apart.max():.2f} mm")


def mirrored_misses_mm(person: Mapping[str, SurfacePoints]) -> FloatArray:
    """Return how far each side's mirrored centre lies from its own, mm; empty when a socket of the two is not found."""
    hips = {side: person[f"hip_{side}"] for side in SIDES}
    pelvis = find_pelvic_points(hips, person.get("sacrum"))
    try:
        spheres = {
            side: _own_sphere(
                hips[side],
                person.get(f"femur_{side}"),
                expected_centre_lps_mm(pelvis.points_lps_mm, pelvis.frame, side),
            )
            for side in SIDES
        }
    except FitError:
        return np.empty(0)
    radius = float(np.mean([sphere.radius_mm for sphere in spheres.values()]))
    axes = pelvis.frame.lps_from_app
    return np.array([_miss_mm(side, hips, spheres, radius, axes) for side in SIDES])


def socket_misses_mm(person: Mapping[str, SurfacePoints]) -> FloatArray:
    """Return how far each socket's sphere lies from that of the head in it, mm."""
    pelvis = find_pelvic_points({side: person[f"hip_{side}"] for side in SIDES}, person.get("sacrum"))
    found = []
    for side in SIDES:
        hip, femur = person[f"hip_{side}"], person.get(f"femur_{side}")
        expected = expected_centre_lps_mm(pelvis.points_lps_mm, pelvis.frame, side)
        if femur is not None and expected is not None:
            head = _own_sphere(hip, femur, expected).centre_lps_mm
            found.append(float(np.linalg.norm(fit_socket(hip, expected).centre_lps_mm - head)))
    return np.array(found)


def _miss_mm(
    side: Side,
    hips: Mapping[Side, SurfacePoints],
    spheres: Mapping[Side, FittedSphere],
    radius: float,
    lps_from_app: RigidTransform,
) -> float:
    own, other = spheres[side].centre_lps_mm, spheres[side.opposite].centre_lps_mm
    lost = {side: (own, own + MIGRATED_MM * lps_from_app.axes[2]), side.opposite: (other,)}
    mirror = find_mirror_map(hips, lps_from_app, side.opposite, lost, radius)
    return float(np.linalg.norm(transform_points(mirror.other_from_side, other) - own))


def _own_sphere(hip: SurfacePoints, femur: SurfacePoints | None, expected: FloatArray | None) -> FittedSphere:
    if expected is None:
        raise FitError("the landmarks of the hip bone are missing")
    if femur is None:
        socket = fit_socket(hip, expected)
        return FittedSphere(
            socket.centre_lps_mm,
            socket.radius_mm - CARTILAGE_MM,
            socket.rms_mm,
            socket.points_used,
            socket.cap_half_angle_deg,
        )
    head = femur.where(np.linalg.norm(femur.points_lps_mm - expected, axis=1) < 40.0).thinned(2.0)
    return find_sphere_near(
        ExpectedCentre(expected, 10.0), head.points_lps_mm, head.normals_lps, HEAD_RADIUS_MM, tolerance_mm=0.8
    )


def _people_of_bones(folder: Path) -> Iterator[dict[str, SurfacePoints]]:
    for subject in sorted(folder.iterdir()):
        files = {file.stem: np.load(file) for file in subject.glob("*.npz")}
        yield {name: points_of_mesh(Mesh(z["vertices"].astype(float), z["faces"])) for name, z in files.items()}


def _people_of_atlas(folder: Path) -> Iterator[dict[str, SurfacePoints]]:
    files = {file.stem: np.load(file) for file in folder.glob("*.npz")}
    for n in range(len(files["sacrum"]["ids"])):
        yield {name: points_of_mesh(Mesh(z["vertices"][n].astype(float), z["faces"])) for name, z in files.items()}


if __name__ == "__main__":
    main()
