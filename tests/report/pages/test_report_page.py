import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from coxa.anatomy import Estimate, Landmark, Status
from coxa.case import Measurement
from coxa.geometry.frames import RigidTransform
from coxa.report import write_report
from coxa.report.pages.key_findings import key_findings
from coxa.report.pages.report_page import report_html
from coxa.report.pictures import figures, plan_figures
from coxa.report.pictures.viewer_scene import viewer_scene
from coxa.report.wording import UNCERTAINTY
from tests.report.made_case import SHA256, ball, case, certificates, planned, scan, surfaces


class Page(HTMLParser):
    """Text, tags and outside references of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.words, self._quiet = [], [], False
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._quiet = tag in ("script", "style")

    def handle_endtag(self, tag):
        self._quiet = False

    def handle_data(self, data):
        if not self._quiet:
            self.words.append(data)


@pytest.fixture(scope="module", autouse=True)
def small_pictures():
    """What is tested here does not need large pictures."""
    with pytest.MonkeyPatch.context() as patch:
        for room in (figures, plan_figures):
            patch.setattr(room, "SOLID_PX", 80)
        patch.setattr(figures, "CUT_PX", 120)
        patch.setattr(figures, "RADIOGRAPH_PX", 200)
        yield


@pytest.fixture(scope="module")
def planned_html():
    return report_html(*scan(), case(), planned(), certificates(), surfaces=surfaces())


@pytest.fixture(scope="module")
def measured_html():
    return report_html(*scan(), case(), surfaces=surfaces())


def test_every_measured_number_stands_with_its_uncertainty_unit_and_definition(planned_html):
    text = Page(planned_html).text
    for words in ("21.4 ± 0.8 mm", "33.9 mm", "-7.5 ± 1.2°", "-8.3 ± 2.6 mm", "over the line", "anterior pelvic plane"):
        assert words in text


def test_every_planned_number_stands(planned_html):
    text = Page(planned_html).text
    for words in (
        "56.0 mm",
        "41.3°",
        "14.7°",
        "60.0, 10.0, -20.0",
        "host bone 43 %, augment 41 %, unsupported 16 %",
        "17.3 ml of native bone lost",
        "43.6 of 65.4 ml",
        "12.5 ml",
        "porosity 71 %",
        "6.5 × 35 mm, 31.4 mm in bone, postero-superior",
        "press fit mm",
        "contralateral mirror",
        "Draft: not approved",
        "host coverage is low",
        "slices are thick",
    ):
        assert words in text


def test_a_missing_value_stands_with_its_reason_and_without_a_number(planned_html):
    row = next(r for r in planned_html.split("<tr>") if "femoral offset" in r)
    assert "femur absent" in row and "not measurable" in row
    assert not re.search(r"\d", Page(row).text)


MEASURED_SECTIONS = ["Identification and side", "Warnings", "Present situation", "Methods and limitations"]
PLAN_SECTIONS = [
    *MEASURED_SECTIONS[:3],
    "Target",
    "Cup",
    "Defect",
    "Augment",
    "Screws",
    "Range of motion",
    "Manufacturing",
    "Methods and limitations",
    "Approval",
]


def test_sections_stand_in_the_order_in_which_a_surgeon_decides(planned_html, measured_html):
    for html, expected in ((planned_html, PLAN_SECTIONS), (measured_html, MEASURED_SECTIONS)):
        assert re.findall(r"<h2[^>]*>([^<]*)</h2>", html) == expected


def test_each_value_stands_in_its_section(planned_html):
    sections = dict(zip(PLAN_SECTIONS, planned_html.split("<section ")[1:], strict=True))
    for name, words in (
        ("Identification and side", "left"),
        ("Warnings", "slices are thick"),
        ("Target", "contralateral mirror"),
        ("Cup", "unsupported 16 %"),
        ("Defect", "17.3 ml"),
        ("Augment", "12.5 ml"),
        ("Screws", "31.4 mm"),
        ("Manufacturing", "wall thickness"),
        ("Methods and limitations", "press fit mm"),
        ("Approval", "Draft"),
    ):
        assert words in Page("<section " + sections[name]).text, name
    for name, picture in (
        ("Present situation", "Pelvis, anterior view"),
        ("Cup", "Planned cup"),
        ("Defect", "Reconstructed native bone"),
        ("Augment", "Augment, bone side"),
        ("Screws", "Posterior view"),
    ):
        assert f"<b>{picture}</b>" in sections[name], name


def test_what_uncertainty_means_is_said_once(planned_html, measured_html):
    for html in (planned_html, measured_html):
        assert html.count("90 % of cases") == 1 and UNCERTAINTY in html


def test_texts_are_escaped(planned_html):
    assert "<cut off>" not in planned_html
    assert "&lt;cut off&gt; &amp; gone" in planned_html


def test_the_page_needs_nothing_from_outside(planned_html, measured_html):
    for html in (planned_html, measured_html):
        assert not re.search(r"https?://|//cdn|@import|url\(", html)
        for tag, attributes in Page(html).tags:
            assert tag not in ("link", "iframe", "object", "embed", "base")
            for name in ("src", "href", "srcset", "action"):
                assert attributes.get(name, "data:").startswith(("data:", "#"))
        assert "default-src 'none'" in html


def test_every_picture_has_words_and_is_a_picture(planned_html):
    pictures = [attributes for tag, attributes in Page(planned_html).tags if tag == "img"]
    assert len(pictures) >= 12
    for attributes in pictures:
        assert len(attributes["alt"]) > 10
        assert base64.b64decode(attributes["src"].partition("base64,")[2])[:2] == b"\xff\xd8"


def test_tables_have_headers(planned_html):
    page = Page(planned_html)
    tables = sum(tag == "table" for tag, _ in page.tags)
    assert tables >= 8 and sum(tag == "thead" for tag, _ in page.tags) == tables
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")


def test_it_says_what_it_is_and_where_it_comes_from(planned_html):
    text = Page(planned_html).text
    assert "Research tool, not a medical device" in text
    assert SHA256[:12] in text and SHA256 not in text
    assert "case-0123456789" in text


def test_a_broken_print_rule_makes_the_part_not_printable(planned_html):
    text = Page(planned_html).text
    assert re.search(r"Print check not printable .{0,80}fails: wall thickness", text)


def test_without_a_plan_both_sides_are_reported(measured_html):
    text = Page(measured_html).text
    assert (
        "Measurements of both hips" in text
        and "Current rotation centre, left" in text
        and "Current rotation centre, right" in text
    )
    assert "Proposed cup" not in text and "Outer diameter" not in text


def test_the_page_is_complete_without_landmarks():
    text = Page(report_html(*scan(), case(found=()), surfaces=surfaces())).text
    assert "21.4 ± 0.8 mm" in text


def test_no_augment_is_a_valid_result():
    whole = planned()
    bare = replace(whole.plan.augment, needed=False, reason="the gap is under 2 ml")
    meshes = {name: mesh for name, mesh in whole.meshes.items() if not name.startswith("augment")}
    text = Page(
        report_html(*scan(), case(), replace(whole, plan=replace(whole.plan, augment=bare), meshes=meshes))
    ).text
    assert "none needed" in text and "the gap is under 2 ml" in text


def test_what_is_not_measurable_says_so_with_its_reason():
    lost = Measurement(
        "left", "rotation_centre_height", None, "mm", "app", "", Status.NOT_MEASURABLE, None, "", "head not round"
    )
    (now, migrated, *_) = key_findings(replace(case(), measurements=(lost,)), None, {})
    assert (now.finding, now.tone) == ("not measurable", "check")
    assert "head not round" in now.details
    assert migrated.finding == "not measured"


def test_the_file_is_written_as_utf8(tmp_path):
    write_report(tmp_path / "报告 1.html", *scan(), case(), surfaces=surfaces())
    assert "±" in (tmp_path / "报告 1.html").read_text(encoding="utf-8")


def test_the_interactive_view_holds_the_meshes_in_the_pelvis_frame():
    moved = RigidTransform.from_axes(np.eye(3), [100.0, 0.0, 0.0])
    scene = viewer_scene({"hip_left": ball([130.0, 5.0, 7.0], 10.0)}, {}, moved)
    (mesh,) = json.loads(json.dumps(scene))["meshes"]
    packed = np.frombuffer(base64.b64decode(mesh["positions"]), "<u2").reshape(-1, 3)
    points = mesh["low_mm"] + packed * np.array(mesh["step_mm"])
    np.testing.assert_allclose(points.min(0), [20, -5, -3], atol=0.05)
    np.testing.assert_allclose(points.max(0), [40, 15, 17], atol=0.05)
    faces = np.frombuffer(base64.b64decode(mesh["indices"]), "<u2").reshape(-1, 3)
    a, b, c = (points[faces[:, n]] for n in range(3))
    assert np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6000 == pytest.approx(4 / 3 * np.pi, rel=0.02)


def test_every_method_for_the_native_centre_stands_with_its_distance_from_the_choice():
    measured, made = case(), planned()
    name = f"HRC_NATIVE_{made.plan.side.suffix}"
    place = measured.landmarks.points[name].point
    estimates = (
        Estimate("mirror", None, None, "", "no healthy <side>"),
        Estimate("shape_model", place, 6.13, "thirty adults", chosen=True),
        Estimate("proportions", place + np.array([0.0, 3.0, 4.0]), 9.07, "ratios"),
    )
    mark = Landmark(name, place, 6.13, Status.OK, "thirty adults", None, estimates)
    marks = replace(measured.landmarks, points={**measured.landmarks.points, name: mark})
    measured = replace(measured, landmarks=marks)
    text = Page(report_html(*scan(), measured, made, certificates(), surfaces=surfaces())).text
    assert "shape model chosen 6.1 mm 0.0 mm" in text
    assert "pelvic proportions 9.1 mm 5.0 mm" in text
    assert "no healthy <side>" in text
    (target,) = [a for a in key_findings(measured, made.plan, {}) if a.label == "Target rotation centre"]
    assert "distance of the other estimates: pelvic proportions 5.0 mm" in target.details
