"""Catalogues of cups: the packaged one, a user's own, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from coxa.errors import SchemaError, UnreadableInputError
from coxa.io.records.catalogue_files import read_cup_catalogue
from coxa.planning.settings.catalogue import catalogue_from_json, catalogue_schema, packaged_catalogue

OWN: dict[str, Any] = {
    "schema": "coxa.cup_catalogue/1",
    "name": "our shelf",
    "cups": [
        {"outer_diameter_mm": 60, "shell_mm": 5, "holes": [{"from_pole_deg": 30, "clock_deg": 90, "diameter_mm": 7}]},
        {"outer_diameter_mm": 54.5, "shell_mm": 3.5},
    ],
}


def changed(**fields: Any) -> dict[str, Any]:
    return OWN | {"cups": [OWN["cups"][0] | fields]}


def test_packaged_catalogue_goes_from_44_to_80_by_2() -> None:
    assert packaged_catalogue().diameters_mm == tuple(float(d) for d in range(44, 82, 2))


def test_schema_is_a_schema_and_explains_every_size() -> None:
    Draft202012Validator.check_schema(catalogue_schema())
    cup = catalogue_schema()["properties"]["cups"]["items"]["properties"]
    assert all("description" in cup[name] for name in ("outer_diameter_mm", "shell_mm", "holes"))


def test_own_catalogue_is_sorted_and_keeps_its_holes(tmp_path: Path) -> None:
    path = tmp_path / "shelf.json"
    path.write_text(json.dumps(OWN), encoding="utf-8")
    catalogue = read_cup_catalogue(path)
    assert catalogue.name == "our shelf"
    assert catalogue.diameters_mm == (54.5, 60.0)
    assert [size.shell_mm for size in catalogue.sizes] == [3.5, 5.0]
    assert catalogue.sizes[1].holes[0].from_pole_deg == 30.0


def test_sizes_by_nearness_and_range() -> None:
    catalogue = packaged_catalogue()
    assert catalogue.nearest(54.9).outer_diameter_mm == 54.0
    assert catalogue.nearest(55.1).outer_diameter_mm == 56.0
    assert catalogue.nearest(20.0).outer_diameter_mm == 44.0
    assert catalogue.nearest(99.0).outer_diameter_mm == 80.0
    assert catalogue.between(53.0, 58.0) == (54.0, 56.0, 58.0)
    assert catalogue.between(90.0, 92.0) == (80.0,)
    assert catalogue.between(54.5, 55.9) == (54.0,), "never larger than may be"
    assert catalogue.between(30.0, 40.0) == (44.0,)


def test_an_empty_list_of_holes_is_a_solid_shell_and_none_given_is_not() -> None:
    solid = catalogue_from_json(changed(holes=[]))
    assert solid.sizes[0].holes == ()
    assert catalogue_from_json({**OWN, "cups": [{"outer_diameter_mm": 54, "shell_mm": 4}]}).sizes[0].holes is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (OWN | {"schema": "coxa.plan/1"}, r"\$\.schema.*coxa\.cup_catalogue/1"),
        ({"schema": "coxa.cup_catalogue/1", "cups": OWN["cups"]}, "name"),
        (OWN | {"cups": []}, r"\$\.cups"),
        (OWN | {"cups": [{"outer_diameter_mm": 54}]}, r"\$\.cups\[0\].*shell_mm"),
        (changed(outer_diameter_mm=5400), r"\$\.cups\[0\]\.outer_diameter_mm.*5400"),
        (changed(outer_diameter_mm="54"), r"\$\.cups\[0\]\.outer_diameter_mm.*'54'"),
        (changed(diametre=54), "diametre"),
        (OWN | {"cups": [OWN["cups"][1], OWN["cups"][1]]}, "54.5 mm twice"),
        ([], "array|object"),
    ],
)
def test_what_is_wrong_is_named(content: Any, says: str) -> None:
    with pytest.raises(SchemaError, match=says):
        catalogue_from_json(content)


def test_files_that_are_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match=r"shelf\.json"):
        read_cup_catalogue(tmp_path / "shelf.json")
    (tmp_path / "text.json").write_text("54 mm", encoding="utf-8")
    with pytest.raises(SchemaError, match="not JSON"):
        read_cup_catalogue(tmp_path / "text.json")
    (tmp_path / "nan.json").write_text(json.dumps(changed(shell_mm=float("nan"))), encoding="utf-8")
    with pytest.raises(SchemaError, match="NaN"):
        read_cup_catalogue(tmp_path / "nan.json")
