"""`coxa settings`, and how its file and the options of `coxa plan` go together."""

import json
from dataclasses import replace
from typing import get_type_hints

import pytest

from coxa.cli.plan import plan
from coxa.cli.setting_options import chosen_settings
from coxa.planning.settings import PlanSettings
from coxa.planning.settings.declare import DeclaredNumber
from coxa.planning.settings.listing import all_settings, setting_named, settings_text


@pytest.fixture
def seen_settings(monkeypatch, faked_stages):
    """Let `coxa plan` stop where it would plan, and tell with which settings."""
    seen = []

    def stop(loaded, measured, side, settings, **_):
        seen.append(settings)
        raise RuntimeError("far enough")

    monkeypatch.setattr("coxa.pipeline.plan_scan", stop)
    return seen


@pytest.fixture
def settings_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        "[screws]\nscrew_diameter_mm = 5.5\nscrew_longest_mm = 40\n[motion]\nhead_diameter_mm = 36\n", encoding="utf-8"
    )
    return path


def planned(coxa, tmp_path, *options):
    return coxa("plan", "scan.nii", "-o", tmp_path / "out", "--side", "left", *options)


def test_it_prints_the_file_that_plan_takes(coxa, tmp_path, seen_settings):
    result = coxa("settings")
    assert result.exit_code == 0 and result.stdout == settings_text()
    (tmp_path / "printed.toml").write_text(result.stdout, encoding="utf-8")
    planned(coxa, tmp_path, "--settings", tmp_path / "printed.toml")
    assert seen_settings == [PlanSettings()]


def test_it_writes_that_file_and_never_over_another(coxa, tmp_path):
    path = tmp_path / "mine.toml"
    assert coxa("settings", "-o", path).exit_code == 0
    assert path.read_text(encoding="utf-8") == settings_text()
    path.write_text("[screws]", encoding="utf-8")
    assert coxa("settings", "-o", path).exit_code == 2
    assert path.read_text(encoding="utf-8") == "[screws]"


def test_as_json_every_setting_has_all_that_is_declared(coxa):
    listed = json.loads(coxa("settings", "--json").stdout)["settings"]
    assert [(each["group"], each["name"]) for each in listed] == [(s.group, s.name) for s in all_settings()]
    margin = next(each for each in listed if each["name"] == "screw_tip_margin_mm")
    assert (margin["value"], margin["unit"], margin["low"], margin["high"]) == (2.0, "mm", 0.0, 10.0)
    assert margin["meaning"] and margin["source"].startswith("[E]")
    limit = next(each for each in listed if each["group"] == "cup_terms.size" and each["name"] == "limit")
    assert limit["unit"] == "mm" and "Outer diameter" in limit["meaning"]


def test_without_a_file_and_flags_all_is_as_declared(coxa, tmp_path, seen_settings):
    planned(coxa, tmp_path)
    assert seen_settings == [PlanSettings()]


def test_the_file_sets_and_flags_win_over_it(coxa, tmp_path, seen_settings, settings_file):
    planned(coxa, tmp_path, "--settings", settings_file)
    planned(coxa, tmp_path, "--settings", settings_file, "--screw-diameter", "6.5", "--cup-center", "-88.5,12,-40")
    first, then = seen_settings
    assert first == PlanSettings.of(screw_diameter_mm=5.5, screw_longest_mm=40.0, head_diameter_mm=36.0)
    assert then == first.changed(screw_diameter_mm=6.5, cup_centre_lps_mm=(-88.5, 12.0, -40.0))


def test_a_flag_that_equals_the_default_still_wins_over_the_file(settings_file):
    chosen = chosen_settings(settings_file, None, head_diameter_mm=32.0, lattice=None)
    assert chosen.motion.head_diameter_mm == 32.0 and chosen.augment.lattice == "gyroid"


def test_the_catalogue_of_the_flag_wins(tmp_path, settings_file):
    own = {"schema": "coxa.cup_catalogue/1", "name": "shelf", "cups": [{"outer_diameter_mm": 54, "shell_mm": 4}]}
    path = tmp_path / "shelf.json"
    path.write_text(json.dumps(own), encoding="utf-8")
    chosen = chosen_settings(settings_file, path)
    expected = chosen_settings(settings_file, None)
    assert chosen == replace(expected, cup=replace(expected.cup, cup_catalogue=chosen.cup.cup_catalogue))
    assert chosen.cup.cup_catalogue.name == "shelf"


@pytest.mark.parametrize(
    "options",
    [
        ("--screw-diameter", "6"),
        ("--head-diameter", "nan"),
        ("--head-diameter", "61"),
        ("--stem-anteversion", "-21"),
        ("--inclination", "91"),
        ("--augment-type", "cage"),
        ("--augment-flange", "pubic"),
        ("--lattice", "giroid"),
        ("--lattice-style", "foam"),
    ],
)
def test_a_flag_out_of_range_exits_2_and_writes_nothing(coxa, tmp_path, seen_settings, options):
    result = planned(coxa, tmp_path, *options)
    assert result.exit_code == 2 and options[1] in result.stderr
    assert seen_settings == [] and not (tmp_path / "out").exists()


def test_a_wrong_file_exits_2_with_file_and_field(coxa, tmp_path, seen_settings):
    path = tmp_path / "mine.toml"
    path.write_text("[screws]\nscrew_tip_margin_mm = -3\n", encoding="utf-8")
    result = planned(coxa, tmp_path, "--settings", path, "--json")
    error = json.loads(result.stdout)["error"]
    assert result.exit_code == error["exit_code"] == 2
    assert "mine.toml" in error["message"] and "[screws] screw_tip_margin_mm = -3" in error["message"]
    assert seen_settings == []


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("cup_diameter", "cup_diameter_mm"),
        ("inclination", "inclination_deg"),
        ("anteversion", "anteversion_deg"),
        ("head_diameter", "head_diameter_mm"),
        ("stem_anteversion", "stem_anteversion_deg"),
        ("screw_diameter", "screw_diameter_mm"),
        ("augment_type", "augment_type"),
        ("augment_flange", "augment_flange"),
        ("lattice", "lattice"),
        ("lattice_style", "lattice_style"),
    ],
)
def test_options_say_what_is_declared(option, name):
    info = get_type_hints(plan, include_extras=True)[option].__metadata__[0]
    setting = setting_named(name)
    assert setting.declared.meaning in info.help
    if isinstance(setting.declared, DeclaredNumber):
        assert f"{setting.declared.low:g} to {setting.declared.high:g}" in info.help
    if setting.default == "auto" and setting.declared.optional:
        assert info.show_default is False
    else:
        assert type(setting.default)(info.show_default) == setting.default
