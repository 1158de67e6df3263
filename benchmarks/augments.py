"""Measure what an augment must hold, by other means than those that made it.

    python benchmarks/augments.py PLAN...

Each PLAN is a folder made by ``coxa plan``. A row a plan: pieces of the outer shape and of the printed part, the least
distance to bone and cup, the deepest contact with bone while the augment is moved out step by step, the least
thickness, and its volume against the gap. Distances are taken from the meshes' triangles and thickness with rays; the
planner works with signed distances on a grid.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.geometry.surface_samples import spread_over
from coxa.planning.cup.values import PlannedCup

POINTS = 20_000
"""Points on the augment that are followed on its way out."""

TRAVEL_MM = 60.0
STEP_MM = 1.0
"""How far the augment is moved out, and in what steps."""

MATING_MM = 0.3
FACING = 0.98
"""Surface this near to the cement gap's outer sphere, turned towards its centre by this cosine, faces the cup."""

_NEAR_MM = 2.0
_CANDIDATE_FACES = 16
_HOLDS_BELOW_MM = 6.0
"""Thinner places must hold over a patch to count."""


@dataclass(frozen=True)
class AugmentProperties:
    """Measured properties of one augment; mm and ml."""

    outer_bodies: int
    part_bodies: int
    watertight: bool
    to_bone_mm: float
    to_cup_mm: float
    cup_gap_spread_mm: float
    way_out_depth_mm: float
    thinnest_mm: float
    volume_ml: float
    gap_ml: float


def augment_properties(
    outer: Mesh,
    part: Mesh,
    host: Mesh,
    native: Mesh,
    cup: PlannedCup,
    direction_lps: FloatArray,
    cement_gap_mm: float,
    reach_mm: float,
) -> AugmentProperties:
    """Measure one augment.

    Parameters
    ----------
    outer, part : Mesh
        The augment's outer shape and the part as it is printed.
    host, native : Mesh
    cup : PlannedCup
    direction_lps : ndarray (3,)
        The way out: opposite to the insertion.
    cement_gap_mm, reach_mm : float
    """
    outer_bodies, outer_closed = _pieces(outer)
    part_bodies, part_closed = _pieces(part)
    samples = spread_over(outer, POINTS)
    points = samples.points_lps_mm
    radial = points - cup.centre_lps_mm
    far = np.linalg.norm(radial, axis=1)
    from_cup = far - 0.5 * cup.outer_diameter_mm
    facing = np.einsum("ij,ij->i", outer.face_normals()[0][samples.face], radial / far[:, None]) < -FACING
    mating = from_cup[facing & (from_cup < cement_gap_mm + MATING_MM)]
    spread = float(np.percentile(mating, 95) - np.percentile(mating, 5)) if len(mating) else float("nan")
    return AugmentProperties(
        outer_bodies,
        part_bodies,
        outer_closed and part_closed,
        least_distance_mm(points, host),
        float(from_cup.min()),
        spread,
        way_out_depth_mm(outer, host, direction_lps, cup),
        thinnest_mm(outer),
        outer.volume_ml,
        gap_ml(host, native, cup, reach_mm),
    )


def way_out_depth_mm(outer: Mesh, host: Mesh, direction_lps: FloatArray, cup: PlannedCup) -> float:
    """Return how deep bone and augment come into each other while the augment is moved out.

    Bone where the cup will be is reamed away before.
    """
    points = spread_over(outer, POINTS).points_lps_mm
    low, high = points.min(axis=0) - 1.0, points.max(axis=0) + 1.0
    in_host, in_outer = RayCaster(host), RayCaster(outer)
    deepest = 0.0
    for travel in np.arange(0.0, TRAVEL_MM + 0.5 * STEP_MM, STEP_MM):
        moved = points + travel * direction_lps
        inside = moved[_inside(in_host, moved) & ~_reamed(moved, cup)]
        bone = host.vertices_lps_mm[~_reamed(host.vertices_lps_mm, cup)] - travel * direction_lps
        bone = bone[((bone > low) & (bone < high)).all(axis=1)]
        bone = bone[_inside(in_outer, bone)]
        for found, body in ((inside, host), (bone, outer)):
            if len(found):
                deepest = max(deepest, float(_distances_mm(found, body).max()))
    return deepest


def least_distance_mm(points: FloatArray, body: Mesh) -> float:
    """Return the least signed distance of points to a body: negative when one lies inside."""
    inside = _inside(RayCaster(body), points)
    if inside.any():
        return -float(_distances_mm(points[inside], body).max())
    return float(_distances_mm(points, body, _NEAR_MM).min())


def thinnest_mm(mesh: Mesh) -> float:
    """Return the least thickness that holds over a patch, by rays from the surface to the wall opposite."""
    from coxa.manufacturing.measuring.thickness import measure_thickness

    measured = measure_thickness(mesh, _HOLDS_BELOW_MM, RayCaster(mesh))
    found = measured.thinnest(np.ones(len(measured.thickness_mm), dtype=bool))
    return found[0] if found is not None else float("nan")


def gap_ml(host: Mesh, native: Mesh, cup: PlannedCup, reach_mm: float, pitch_mm: float = 1.0) -> float:
    """Return the native bone missing today outside the cup, behind its face plane and within reach of it."""
    radius = 0.5 * cup.outer_diameter_mm
    axis = np.arange(-radius - reach_mm, radius + reach_mm, pitch_mm) + 0.5 * pitch_mm
    offset = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    far = np.linalg.norm(offset, axis=1)
    points = cup.centre_lps_mm + offset[(far > radius) & (far < radius + reach_mm) & (offset @ cup.axis_lps < 0)]
    points = points[_inside(RayCaster(native), points)]
    return float((~_inside(RayCaster(host), points)).sum()) * pitch_mm**3 / 1000.0


def _reamed(points: FloatArray, cup: PlannedCup) -> BoolArray:
    return np.asarray(np.linalg.norm(points - cup.centre_lps_mm, axis=1) < 0.5 * cup.outer_diameter_mm)


def _inside(caster: RayCaster, points: FloatArray) -> BoolArray:
    """Tell which points lie inside: two rays must say so, for one may slip between two triangles."""
    inside = np.zeros(len(points), dtype=bool)
    if len(points):
        first, second = (
            np.broadcast_to(np.array(ray), points.shape) for ray in ((0.6, 0.48, 0.64), (-0.36, 0.8, 0.48))
        )
        inside = caster.starts_inside(caster.first_hit(points, first)[1], first)
        sure = caster.starts_inside(caster.first_hit(points[inside], second[inside])[1], second[inside])
        inside[inside] = sure
    return inside


def _distances_mm(points: FloatArray, body: Mesh, only_within_mm: float = np.inf) -> FloatArray:
    """Return the distances to the triangles nearest by; those beyond a limit may be a little too large."""
    from scipy.spatial import cKDTree
    from trimesh.triangles import closest_point

    triangles = body.vertices_lps_mm[body.faces]
    count = min(_CANDIDATE_FACES, len(triangles))
    rough, near = cKDTree(triangles.mean(axis=1)).query(points, k=count)
    rough, near = rough.reshape(len(points), count), near.reshape(len(points), count)
    best = rough[:, 0].copy()
    exact = np.flatnonzero(best < only_within_mm)
    for column in range(count):
        on = closest_point(triangles[near[exact, column]], points[exact])
        best[exact] = np.minimum(best[exact], np.linalg.norm(on - points[exact], axis=1))
    return best


def _pieces(mesh: Mesh) -> tuple[int, bool]:
    import trimesh

    body = trimesh.Trimesh(mesh.vertices_lps_mm, mesh.faces, process=False)
    return int(body.body_count), bool(body.is_watertight and body.is_winding_consistent and body.volume > 0)


def main() -> int:
    """Print the table of the plans named on the command line."""
    from coxa.io.records.plan_files import read_plan, read_plan_meshes

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plans", nargs="+", type=Path)
    print("plan", *(field.name for field in fields(AugmentProperties)), sep="\t")
    for folder in parser.parse_args().plans:
        plan = read_plan(folder)
        if not plan.augment.needed:
            print(folder.name, "no augment needed", sep="\t", flush=True)
            continue
        meshes = read_plan_meshes(folder, plan)
        found = augment_properties(
            meshes["augment"], meshes["augment_part"], meshes[f"hip_{plan.side}"], meshes["hip_native"], plan.cup,
            plan.augment.way_out_lps, float(plan.settings["cement_gap_mm"]), float(plan.settings["augment_reach_mm"]),
        )  # fmt: skip
        values = (getattr(found, field.name) for field in fields(found))
        print(folder.name, *(f"{v:.2f}" if isinstance(v, float) else v for v in values), sep="\t", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
