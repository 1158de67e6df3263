"""Settings from a file: what `coxa settings` prints comes back the same, and what is wrong is named with the file."""

import tomllib
from pathlib import Path

import pytest

from coxa.errors import SchemaError, UnreadableInputError, UsageError
from coxa.io.records.settings_files import read_plan_settings
from coxa.planning.settings import PlanSettings
from coxa.planning.settings.listing import all_settings, settings_text

CATALOGUE = '{"schema": "coxa.cup_catalogue/1", "name": "shelf", "cups": [{"outer_diameter_mm": 54, "shell_mm": 4}]}'


def read(folder: Path, text: str) -> PlanSettings:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return read_plan_settings(path)


def test_what_is_printed_is_taken_back_unchanged(tmp_path: Path) -> None:
    assert read(tmp_path, settings_text()) == PlanSettings()
    tables = tomllib.loads(settings_text())
    for setting in all_settings():
        table = tables
        for name in setting.group.split("."):
            table = table[name]
        assert table[setting.name] == setting.default


def test_the_text_fits_a_terminal_and_explains_every_setting() -> None:
    lines = settings_text().splitlines()
    assert max(map(len, lines)) <= 80
    text = " ".join(line.lstrip("# ") for line in lines)
    for setting in all_settings():
        if not setting.group.startswith("cup_terms"):
            assert setting.declared.meaning in text and setting.declared.source in text


def test_a_file_sets_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    text = (
        "[screws]\nscrew_diameter_mm = 5\n[cup]\ncup_centre_lps_mm = [-88.5, 12, -40]\n[cup_terms.centre]\nweight = 3"
    )
    found = read(tmp_path, text)
    expected = PlanSettings.of(screw_diameter_mm=5.0, cup_centre_lps_mm=(-88.5, 12.0, -40.0))
    assert found.cup_terms.centre.weight == 3.0 and found.cup_terms.centre.limit == 2.0
    assert (found.cup, found.screws, found.site) == (expected.cup, expected.screws, expected.site)


def test_an_empty_file_sets_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "") == PlanSettings()


def test_a_catalogue_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "shelf.json").write_text(CATALOGUE, encoding="utf-8")
    assert read(tmp_path, '[cup]\ncup_catalogue = "shelf.json"').cup.cup_catalogue.diameters_mm == (54.0,)
    with pytest.raises(UnreadableInputError, match=r"mine\.toml.*other\.json"):
        read(tmp_path, '[cup]\ncup_catalogue = "other.json"')
    (tmp_path / "shelf.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"mine\.toml.*coxa\.cup_catalogue/1"):
        read(tmp_path, '[cup]\ncup_catalogue = "shelf.json"')


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[screws]\nscrew_tip_margin_mm = -3", r"\[screws\] screw_tip_margin_mm = -3 .*0 to 10 mm"),
        ("[screws]\nscrew_minimum_bone_mm = nan", r"\[screws\] screw_minimum_bone_mm = nan .*0 to 80 mm"),
        ("[screws]\nscrew_count_max = true", r"\[screws\] screw_count_max = True .*whole number from 0 to 6"),
        ('[motion]\nhead_diameter_mm = "32"', r"\[motion\] head_diameter_mm = '32' .*22 to 60 mm"),
        ('[motion]\nhead_diameter_mm = "auto"', r"\[motion\] head_diameter_mm = 'auto'"),
        ('[augment]\nlattice = "giroid"', r"\[augment\] lattice = 'giroid' .*gyroid, diamond, primitive"),
        ("[screws]\nscrew_diametr_mm = 5", "'screw_diametr_mm'.*did you mean 'screw_diameter_mm'"),
        ("[cup]\nscrew_diameter_mm = 5", r"\[cup\] 'screw_diameter_mm'.*under \[screws\]"),
        ("[screw]\nscrew_diameter_mm = 5", r"\[screw\] is no group.*did you mean 'screws'"),
        ("screw_diameter_mm = 5", r"'screw_diameter_mm' stands in no group.*under \[screws\]"),
        ("screws = 5", r"'screws' is a group.*under \[screws\]"),
        ("[cup_terms]\ncentre = 5", r"'cup_terms.centre' is a group"),
        ("[cup_terms.center]\nweight = 2", r"\[cup_terms.center\].*did you mean 'cup_terms.centre'"),
        ("[cup_terms.centre]\nlimit = 0", r"\[cup_terms.centre\] limit = 0 .*0\.001 to 1000"),
        ("[cup]\ncup_catalogue = 5", r"\[cup\] cup_catalogue = 5 .*JSON file"),
        ("[screws", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_the_file(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=rf"mine\.toml'.*{told}"):
        read(tmp_path, text)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match=r"none\.toml.*coxa settings"):
        read_plan_settings(tmp_path / "none.toml")
