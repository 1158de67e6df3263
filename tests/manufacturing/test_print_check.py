"""Bad parts are found, named and placed; good parts raise no alarm."""

import numpy as np
import pytest
import trimesh

from coxa.errors import UsageError
from coxa.geometry import Mesh
from coxa.manufacturing import Certificate, Rule, check_mesh
from coxa.manufacturing.certificate import Verdict, certificate_from_document

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


def test_open_edge() -> None:
    body = block()
    body.update_faces(np.arange(len(body.faces)) != 7)
    assert failed(check_mesh(part(body))) == {"watertight"}
    assert check_mesh(part(body)).rule("watertight").value == 3.0
    assert check_mesh(part(body)).rule("volume").verdict is Verdict.NOT_CHECKED


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
    assert certificate.rule("bodies").value == 2.0


def test_closed_cavity_has_volume_and_place() -> None:
    hole = turned(trimesh.creation.icosphere(3, radius=4.0).apply_translation([5.0, 0.0, 0.0]))
    certificate = check_mesh(joined(block(), hole))
    assert failed(certificate) == {"closed_cavities"}
    assert "(-115.0, 35.0, -640.0)" in certificate.rule("closed_cavities").where
    assert certificate.rule("volume").value == pytest.approx(24.0 - 4 / 3 * np.pi * 0.064, rel=0.01)


def test_metres() -> None:
    body = block().apply_scale(0.001)
    certificate = check_mesh(Mesh(body.vertices, body.faces))
    assert "units" in failed(certificate)
    assert "metres?" in certificate.rule("units").where


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
    assert "duplicate_faces" in failed(check_mesh(part(trimesh.Trimesh(body.vertices, faces, process=False))))


def test_zero_thickness_fin() -> None:
    body = block()
    top = [[0.0, 0.0, 10.0], [10.0, 0.0, 10.0], [5.0, 0.0, 20.0]]
    vertices = np.concatenate([body.vertices, top])
    n = len(body.vertices)
    faces = np.concatenate([body.faces, [[n, n + 1, n + 2], [n + 2, n + 1, n]]])
    assert failed(check_mesh(part(trimesh.Trimesh(vertices, faces, process=False)))) & {
        "two_manifold",
        "duplicate_faces",
    }


def test_self_crossing() -> None:
    bar = block(60.0, 5.0, 5.0).apply_translation([0.0, 1.3, 0.7])
    certificate = check_mesh(joined(block(), bar))
    assert {"self_intersection", "bodies"} <= failed(certificate)


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


def test_certificate_survives_json() -> None:
    certificate = Certificate("lpbf", (Rule("bodies", 2.0, 1.0, "1", Verdict.FAIL, "here"),))
    again = certificate_from_document(certificate.document())
    assert again == certificate
    assert not again.printable
    assert again.failures() == ("bodies: here",)
