"""Bad parts are found, named and placed; good parts raise no alarm."""

import json

import numpy as np
import pytest
import trimesh

from coxa.errors import UsageError
from coxa.geometry import Mesh
from coxa.manufacturing import Certificate, Rule, check_mesh
from coxa.manufacturing.rules.certificate import Verdict
from coxa.manufacturing.rules.process import process_from_toml

PLACE = np.array([-120.0, 35.0, -640.0])


def part(body: trimesh.Trimesh) -> Mesh:
    return Mesh(body.vertices + PLACE, body.faces)


def joined(*bodies: trimesh.Trimesh) -> Mesh:
    return part(trimesh.util.concatenate(bodies))


def block(x: float = 40.0, y: float = 30.0, z: float = 20.0) -> trimesh.Trimesh:
    return trimesh.creation.box((x, y, z)).subdivide().subdivide()


def failed(certificate: Certificate) -> set[str]:
    return {rule.name for rule in certificate.rules if rule.verdict is Verdict.FAIL}


def turned(body: trimesh.Trimesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(body.vertices, body.faces[:, ::-1], process=False)


GOOD = {
    "block": block(),
    "ball": trimesh.creation.icosphere(4, radius=15.0),
    "tube": trimesh.creation.annulus(r_min=9.0, r_max=10.0, height=30.0, sections=128),
    "torus": trimesh.creation.torus(20.0, 4.0, major_sections=96, minor_sections=48),
    "cone": trimesh.creation.cone(12.0, 20.0, sections=96),
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("process", ["lpbf", "ebm"])
def test_good_parts_raise_no_alarm(name: str, process: str) -> None:
    certificate = check_mesh(part(GOOD[name]), process)
    assert failed(certificate) == set()
    assert certificate.printable
    assert [rule.name for rule in certificate.rules if rule.verdict is Verdict.WARN] == []


def test_a_file_in_another_unit_is_told_what_was_taken() -> None:
    body = block()
    words = {size: check_mesh(part(body.copy().apply_scale(size))).rule("units").where for size in (0.001, 500.0)}
    assert words[0.001].startswith("0.04 mm wide as read: was it written in metres?")
    assert words[500.0].startswith("20,000 mm wide as read: was it written in micrometres, or a GLB in millimetres?")
    assert all("GLB is taken in metres" in said for said in words.values())


@pytest.mark.parametrize(("gone", "edges"), [([7], 3), ([7, 100], 6), ([0, 1, 2, 3], 6)])
def test_open_edges_are_counted_as_edges(gone: list[int], edges: int) -> None:
    body = trimesh.creation.icosphere(3, radius=15.0)  # faces 0 to 3 are one face of the ball before, cut in four
    body.update_faces(~np.isin(np.arange(len(body.faces)), gone))
    rule = check_mesh(part(body)).rule("watertight")
    assert rule.value == edges and rule.where.startswith(f"{edges} open edges, at (")


def test_holes_that_share_a_corner_have_more_edges_than_corners() -> None:
    body = trimesh.creation.icosphere(3, radius=15.0)
    around = np.flatnonzero((body.faces == 200).any(axis=1))
    across = next(n for n in around[1:] if len(np.intersect1d(body.faces[around[0]], body.faces[n])) == 1)
    body.update_faces(~np.isin(np.arange(len(body.faces)), [around[0], across]))
    rule = check_mesh(part(body)).rule("watertight")
    assert rule.value == 6.0 and rule.where.startswith("6 open edges")


def test_open_edge() -> None:
    body = block()
    corners = body.vertices[body.faces[7]] + PLACE
    body.update_faces(np.arange(len(body.faces)) != 7)
    certificate = check_mesh(part(body))
    assert failed(certificate) == {"watertight"}
    rule = certificate.rule("watertight")
    assert rule.value == 3.0 and "open edges" in rule.where
    assert np.allclose(sorted(rule.places_lps_mm), sorted(map(tuple, corners)), atol=1e-3)
    assert certificate.rule("volume").verdict is Verdict.NOT_CHECKED


def test_flipped_face_is_placed() -> None:
    body = block()
    faces = body.faces.copy()
    faces[11] = faces[11][::-1]
    certificate = check_mesh(part(trimesh.Trimesh(body.vertices, faces, process=False)))
    assert failed(certificate) == {"orientation"}
    corners = [f"({x:.1f}, {y:.1f}, {z:.1f})" for x, y, z in body.vertices[faces[11]] + PLACE]
    assert any(corner in certificate.rule("orientation").where for corner in corners)


def test_inside_out_body() -> None:
    assert failed(check_mesh(part(turned(block())))) == {"orientation"}


def test_two_bodies() -> None:
    other = block(10.0, 10.0, 10.0).apply_translation([60.0, 0.0, 0.0])
    certificate = check_mesh(joined(block(), other))
    assert failed(certificate) == {"bodies"}
    rule = certificate.rule("bodies")
    assert rule.value == 2.0 and "2 separate bodies" in rule.where
    assert np.allclose(
        rule.places_lps_mm, PLACE[None] + np.array([60.0, 0.0, 0.0]), atol=0.01
    )  # the smaller one's middle


def test_closed_cavity_has_volume_and_place() -> None:
    hole = turned(trimesh.creation.icosphere(3, radius=4.0).apply_translation([5.0, 0.0, 0.0]))
    certificate = check_mesh(joined(block(), hole))
    assert failed(certificate) == {"closed_cavities"}
    assert "(-115.0, 35.0, -640.0)" in certificate.rule("closed_cavities").where
    assert certificate.rule("volume").value == pytest.approx(24.0 - 4 / 3 * np.pi * 0.064, rel=0.01)


def bottle(*hole_diameters_mm: float) -> Mesh:
    """A hollow ball, outer radius 12 mm, wall 2 mm, with round holes along the axes."""
    ball, hollow = trimesh.creation.icosphere(4, radius=12.0), trimesh.creation.icosphere(4, radius=10.0)
    rods = []
    for n, diameter in enumerate(hole_diameters_mm):
        rod = trimesh.creation.cylinder(0.5 * diameter, 30.0, sections=48).apply_translation([0.0, 0.0, 15.0])
        rods.append(rod.apply_transform(trimesh.geometry.align_vectors([0.0, 0.0, 1.0], np.eye(3)[n])))
    return part(trimesh.boolean.difference([ball, hollow, *rods], engine="manifold"))


@pytest.mark.parametrize(
    ("holes", "proper", "verdict"),
    [((1.0,), 0, "fail"), ((2.3,), 1, "warn"), ((2.3, 2.3), 2, "pass"), ((), None, "info")],
)
def test_powder_escape_holes(holes: tuple[float, ...], proper: int | None, verdict: str) -> None:
    certificate = check_mesh(bottle(*holes))
    rule = certificate.rule("escape_holes")
    assert (rule.value, str(rule.verdict)) == (proper, verdict)
    assert failed(certificate) == ({"closed_cavities"} if not holes else {"escape_holes"} if proper == 0 else set())
    if holes:
        assert "4.1" in rule.where  # ml: 4/3 pi 10^3
        assert f"{len(holes)} escape hole" in rule.where
        assert np.linalg.norm(np.array(rule.places_lps_mm[0]) - PLACE) < 1.0


def test_an_open_bowl_holds_no_powder() -> None:
    rule = check_mesh(bottle(9.0)).rule("escape_holes")
    assert rule.verdict is Verdict.INFO


def test_metres() -> None:
    body = block().apply_translation(PLACE).apply_scale(0.001)
    certificate = check_mesh(Mesh(body.vertices, body.faces))
    assert failed(certificate) == {"units"}
    assert certificate.rule("thinnest_wall").verdict is Verdict.NOT_CHECKED
    assert "metres?" in certificate.rule("units").where
    assert np.allclose(certificate.rule("units").places_lps_mm, 0.001 * PLACE, atol=1e-6)


def test_centimetres_are_doubted() -> None:
    assert check_mesh(part(block().apply_scale(0.1))).rule("units").verdict is Verdict.WARN


def test_thin_wall_is_measured_and_placed() -> None:
    base = block(30.0, 30.0, 5.0)
    fin = block(10.0, 0.1, 8.0).apply_translation([0.0, 6.0, 6.4])
    body = trimesh.boolean.union([base, fin], engine="manifold")
    certificate = check_mesh(part(body))
    assert failed(certificate) == {"thinnest_wall"}
    wall = certificate.rule("thinnest_wall")
    assert wall.value == pytest.approx(0.1, abs=0.02)
    x, y, z = (float(c) for c in wall.where.removeprefix("at (").removesuffix(")").split(","))
    assert abs(y - 41.0) <= 0.11 and abs(x + 120.0) <= 5.1 and z > -640.0 + 2.5


def test_duplicate_faces() -> None:
    body = block()
    faces = np.concatenate([body.faces, body.faces[5:7]])
    certificate = check_mesh(part(trimesh.Trimesh(body.vertices, faces, process=False)))
    assert "duplicate_faces" in failed(certificate)
    rule = certificate.rule("duplicate_faces")
    assert rule.value == 2.0 and "stored twice" in rule.where
    centres = body.vertices[body.faces[5:7]].mean(axis=1) + PLACE
    assert np.allclose(sorted(rule.places_lps_mm), sorted(map(tuple, centres)), atol=1e-3)


def test_zero_thickness_fin_is_named_and_placed() -> None:
    body = block()
    corners = body.vertices[[np.argmax(body.vertices @ [1, 1, 1]), np.argmax(body.vertices @ [1, -1, 1])]]
    vertices = np.concatenate([body.vertices, corners, np.add(corners, [0.0, 0.0, 8.0])])
    n = len(body.vertices)
    fin = np.array([[n, n + 1, n + 2], [n + 1, n + 3, n + 2]])
    faces = np.concatenate([body.faces, fin, fin[:, ::-1]])
    certificate = check_mesh(part(trimesh.Trimesh(vertices, faces, process=False)))
    assert "zero_thickness" in failed(certificate)
    assert "duplicate_faces" not in failed(certificate)
    place = np.array(certificate.rule("zero_thickness").places_lps_mm[0]) - PLACE
    assert place[0] == pytest.approx(20.0) and 10.0 < place[2] < 18.0


@pytest.mark.parametrize(
    "other",
    [
        trimesh.creation.box((60.0, 5.0, 5.0)),
        trimesh.creation.box((60.0, 5.0, 5.0)).apply_translation([0.0, 1.3, 0.7]),
        trimesh.creation.box((60.0, 5.0, 5.0)).subdivide().subdivide(),
    ],
    ids=["on the faces' diagonals", "beside them", "subdivided"],
)
def test_self_crossing_is_placed_where_the_bar_leaves(other: trimesh.Trimesh) -> None:
    certificate = check_mesh(joined(trimesh.creation.box((20.0, 20.0, 20.0)), other))
    assert failed(certificate) == {"self_intersection", "bodies"}
    places = np.array(certificate.rule("self_intersection").places_lps_mm) - PLACE
    assert np.abs(np.abs(places[:, 0]) - 10.0).max() < 0.01
    assert certificate.rule("thinnest_wall").verdict is Verdict.NOT_CHECKED


def test_one_body_that_passes_through_itself() -> None:
    rod = trimesh.creation.cylinder(3.0, 60.0, sections=32)
    rod = rod.subdivide_to_size(3.0)

    def bent(turn_deg: float) -> Mesh:
        angle = np.radians(turn_deg) * (rod.vertices[:, 2] / 60.0 + 0.5)
        radius = 14.0 + rod.vertices[:, 0]
        ring = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), rod.vertices[:, 1]])
        return part(trimesh.Trimesh(ring, rod.faces[:, ::-1], process=False))

    assert check_mesh(bent(300.0)).printable
    assert "self_intersection" in failed(check_mesh(bent(395.0)))


def test_too_many_triangles_are_told_and_nothing_else_is_tried() -> None:
    own = process_from_toml('based_on = "lpbf"\ntriangles_advised = 1000\ntriangles_max = 2000')
    few, many = (part(trimesh.creation.icosphere(n, radius=15.0)) for n in (3, 4))
    assert check_mesh(few, own).rule("triangles").verdict is Verdict.WARN
    certificate = check_mesh(many, own)
    assert failed(certificate) == {"triangles"}
    assert "simplify" in certificate.rule("triangles").where
    assert np.allclose(certificate.rule("triangles").places_lps_mm[0], PLACE, atol=0.01)
    assert certificate.rule("watertight").verdict is Verdict.NOT_CHECKED


@pytest.mark.slow
def test_five_million_triangles() -> None:
    certificate = check_mesh(part(trimesh.creation.icosphere(9, radius=15.0)))
    assert failed(certificate) == {"triangles"}
    rule = certificate.rule("triangles")
    assert rule.value == 5_242_880 and "simplify" in rule.where
    assert np.allclose(rule.places_lps_mm, [PLACE], atol=0.01)


def test_bodies_that_touch_in_one_vertex() -> None:
    body = block(10.0, 10.0, 20.0)
    other = body.copy().apply_translation([10.0, 10.0, 20.0])
    assert "two_manifold" in failed(check_mesh(joined(body, other)))


def test_degenerate_face() -> None:
    body = block()
    faces = np.concatenate([body.faces, [[0, 0, 1]]])
    assert "degenerate_faces" in failed(check_mesh(part(trimesh.Trimesh(body.vertices, faces, process=False))))


def test_too_large_for_the_chamber() -> None:
    assert failed(check_mesh(part(block(40.0, 30.0, 400.0)))) == {"build_envelope"}


def test_mass_of_titanium() -> None:
    assert check_mesh(part(block())).rule("mass").value == pytest.approx(24.0 * 4.43, rel=1e-4)


def test_process_limits_differ() -> None:
    sheet = block(30.0, 30.0, 0.5)
    assert failed(check_mesh(part(sheet), "lpbf")) == set()
    assert failed(check_mesh(part(sheet), "ebm")) == {"thinnest_wall"}


def test_unknown_process() -> None:
    with pytest.raises(UsageError, match="lpbf, ebm"):
        check_mesh(part(block()), "casting")


def test_overhang_of_a_mushroom_is_least_upside_down() -> None:
    stem = trimesh.creation.cylinder(4.0, 22.0, sections=64).apply_translation([0.0, 0.0, -10.0])
    cap = trimesh.creation.cylinder(15.0, 4.0, sections=64)
    body = trimesh.boolean.union([cap, stem], engine="manifold")
    rule = check_mesh(part(body)).rule("overhang_area")
    assert rule.value == pytest.approx(0.0, abs=1.0)
    assert "(0.00, 0.00, -1.00)" in rule.where


def test_a_certificate_with_one_failed_rule_says_not_printable_in_json() -> None:
    certificate = Certificate("lpbf", (Rule("bodies", 2.0, 1.0, "1", Verdict.FAIL, "here", ((1.0, 2.0, 3.0),)),))
    document = json.loads(json.dumps(certificate.document()))
    assert document["printable"] is False
    assert document["rules"][0]["verdict"] == "fail"
    assert document["rules"][0]["places_lps_mm"] == [[1.0, 2.0, 3.0]]


def test_a_thick_strut_has_its_figure_too() -> None:
    rod = trimesh.creation.cylinder(0.4, 12.0, sections=64)
    rule = check_mesh(Mesh(rod.vertices, rod.faces)).rule("thinnest_strut")
    assert rule.value == pytest.approx(0.8, abs=0.01) and rule.verdict is Verdict.PASS
