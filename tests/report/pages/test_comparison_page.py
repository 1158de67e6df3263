"""The page and the JSON of plan against achieved."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.registration import transform_points
from coxa.io.records.comparison_files import comparison_to_json
from coxa.planning.postoperative import compare_with_plan
from coxa.report.pages.comparison_page import write_comparison_page
from tests.planning.block_hip import LEFT_CENTRE, HipCase
from tests.planning.test_postoperative import MOTION, achieved, moved, planned


def test_page_and_json_say_what_was_measured(tmp_path: Path) -> None:
    surfaces = HipCase(Side.LEFT, None).surfaces
    plan = planned(Side.LEFT)
    case = achieved(plan, (3.0, -2.0, 5.0), (45.0, 12.0), 58.0)
    found = compare_with_plan(plan, surfaces, case, moved(surfaces))
    write_comparison_page(tmp_path / "page.html", found, plan, surfaces, case.landmarks.hips["left"].cup)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    for wanted in ("left</em> hip", "5.0 ± ", "-3.0 ± ", "2.0 ± ", "thick slices", "coincides"):
        assert wanted in page, wanted
    assert len(re.findall(r"<img src=\"data:image", page)) == 3
    assert "http://" not in page and "https://" not in page
    content = json.loads(json.dumps(comparison_to_json(found), allow_nan=False))
    assert content["schema"] == "coxa.comparison/1" and content["side"] == "left"
    matrix = content["registration"]["plan_from_postoperative"]
    assert np.allclose(transform_points(matrix, transform_points(MOTION, LEFT_CENTRE)), LEFT_CENTRE, atol=0.05)
    by_name = {row["metric"]: row for row in content["differences"]}
    assert by_name["rotation_centre_difference_superior"]["value"] > 4.9
    assert by_name["rotation_centre_difference_superior"]["status"] == "ok"


def test_a_page_without_cup_and_bone_has_reasons_and_no_pictures(tmp_path: Path) -> None:
    surfaces = HipCase(Side.LEFT, None).surfaces
    plan = planned(Side.LEFT)
    case = achieved(plan, (0.0, 0.0, 0.0), (40.0, 15.0), 56.0)
    case = replace(case, landmarks=replace(case.landmarks, hips={}))
    found = compare_with_plan(plan, surfaces, case, moved(surfaces))
    write_comparison_page(tmp_path / "page.html", found, plan, {}, None)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "not measurable" in page and "shows no implant" in page and "<img" not in page
