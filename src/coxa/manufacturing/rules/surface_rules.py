"""Rules of the surface itself: is it the closed, oriented, unfolded border of one body."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import FloatArray, IntArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.manufacturing.measuring.self_intersection import piercing_points
from coxa.manufacturing.measuring.topology import Topology, inverted_outer_shells
from coxa.manufacturing.rules.certificate import Rule, Verdict
from coxa.manufacturing.rules.rule_words import PLACED, counted, not_checked, placed_rule, verdict

NO_SOLID = "the mesh bounds no volume: mend the surface first"


def surface_rules(mesh: Mesh, topology: Topology, caster: RayCaster) -> list[Rule]:
    """Return a rule for each kind of fault, with the number of faults and the first places."""
    centres = mesh.vertices_lps_mm[mesh.faces].mean(axis=1)
    turned = mesh.vertices_lps_mm[topology.turned_vertices]
    if topology.is_solid:
        inverted = inverted_outer_shells(mesh, topology)
        turned = np.concatenate([turned, centres[np.isin(topology.shell_of_face, inverted)]])
    ends, crowded = mesh.vertices_lps_mm[topology.open_vertices], mesh.vertices_lps_mm[topology.crowded_vertices]
    return [
        _faults("watertight", ends, "open edge", "open edges", _open_edges(mesh.faces, topology.open_vertices)),
        _faults(
            "two_manifold",
            crowded,
            "vertex where separate surfaces touch",
            "vertices where separate surfaces touch",
        ),
        _faults("orientation", turned, "place that faces the wrong way", "places that face the wrong way"),
        _faults("duplicate_faces", centres[topology.duplicate_faces], "face stored twice", "faces stored twice"),
        _faults(
            "zero_thickness",
            centres[topology.doubled_faces],
            "face back to back with another: a fin without thickness",
            "faces back to back with others: a fin without thickness",
        ),
        _faults("degenerate_faces", centres[topology.degenerate_faces], "face without area", "faces without area"),
        _faults(
            "self_intersection",
            piercing_points(mesh, caster),
            "edge through a face (overlaps in one plane are not seen)",
            "edges through faces (overlaps in one plane are not seen)",
        ),
    ]


def _open_edges(faces: IntArray, open_vertices: IntArray) -> int:
    """Count the edges with one face, of which both ends are among the open vertices."""
    is_open = np.zeros(int(faces.max(initial=0)) + 1, dtype=bool)
    is_open[open_vertices] = True
    near = faces[is_open[faces].sum(axis=1) > 1]
    sides = np.sort(near[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    uses = np.unique(sides[is_open[sides].all(axis=1)], axis=0, return_counts=True)[1]
    return int((uses == 1).sum())


def _faults(name: str, places: FloatArray, one: str, many: str, count: int | None = None) -> Rule:
    """Return a rule that fails with the number of its places, or with another count of what lies there."""
    if not len(places):
        return Rule(name, 0.0, 0.0, "1", Verdict.PASS)
    number = len(places) if count is None else count
    return placed_rule(name, float(number), 0.0, "1", Verdict.FAIL, counted(number, one, many), places)


def body_rules(mesh: Mesh, topology: Topology) -> list[Rule]:
    """Return ``bodies`` and ``closed_cavities`` (hollows whose wall has no hole at all)."""
    if not topology.is_solid:
        return [not_checked(name, "1", NO_SOLID) for name in ("bodies", "closed_cavities")]
    inverted = inverted_outer_shells(mesh, topology)
    outer = np.union1d(np.flatnonzero(topology.shell_volume_ml > 0), inverted)
    inner = np.setdiff1d(np.flatnonzero(topology.shell_volume_ml < 0), inverted)
    rules = [Rule("bodies", float(len(outer)), 1.0, "1", verdict(len(outer) == 1))]
    if len(outer) > 1:
        words = counted(len(outer), "body", "separate bodies")
        # The largest is the part; the places are those of the others.
        others = outer[np.argsort(-np.abs(topology.shell_volume_ml[outer]), kind="stable")[1 : PLACED + 1]]
        places = _shell_middles(mesh, topology, others)
        rules = [placed_rule("bodies", float(len(outer)), 1.0, "1", Verdict.FAIL, f"{words}, the smaller", places)]
    if not len(inner):
        return [*rules, Rule("closed_cavities", 0.0, 0.0, "1", Verdict.PASS)]
    trapped_ml = -float(topology.shell_volume_ml[inner].sum())
    words = f"{counted(len(inner), 'cavity', 'cavities')} with no escape hole, {trapped_ml:.3g} ml of powder trapped"
    places = _shell_middles(mesh, topology, inner[:PLACED])
    return [*rules, placed_rule("closed_cavities", float(len(inner)), 0.0, "1", Verdict.FAIL, words, places)]


def _shell_middles(mesh: Mesh, topology: Topology, shells: IntArray) -> FloatArray:
    return np.array([mesh.vertices_lps_mm[mesh.faces[topology.shell_of_face == n]].mean(axis=(0, 1)) for n in shells])
