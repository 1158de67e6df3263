"""Every setting is declared with limits, a meaning and a source, and refuses what is beyond them."""

import re
from dataclasses import dataclass, fields
from math import inf, nan
from typing import Any, ClassVar

import pytest

from coxa.errors import UsageError
from coxa.planning.settings import PlanSettings
from coxa.planning.settings.cup_terms import CupTerms, Term
from coxa.planning.settings.declare import (
    DeclaredChoice,
    DeclaredNumber,
    DeclaredPoint,
    DeclaredValue,
    DeclaredWhole,
    Group,
    number,
)
from coxa.planning.settings.listing import Setting, all_settings, setting_named
from coxa.planning.settings.tables import settings_from_tables

EVERY = all_settings()
RANGED = [s for s in EVERY if isinstance(s.declared, DeclaredNumber | DeclaredWhole)]
CHOICES = [s for s in EVERY if isinstance(s.declared, DeclaredChoice)]


def path_of(setting: Setting) -> str:
    return f"{setting.group}.{setting.name}"


def with_value(setting: Setting, value: Any) -> PlanSettings:
    """Set one setting as a file would."""
    tables: dict[str, Any] = {setting.name: value}
    for table in reversed(setting.group.split(".")):
        tables = {table: tables}
    return settings_from_tables(tables)


def value_in(settings: PlanSettings, setting: Setting) -> Any:
    held: Any = settings
    for name in (*setting.group.split("."), setting.name):
        held = getattr(held, name)
    return held


def test_every_field_of_every_group_is_listed() -> None:
    settings = PlanSettings()
    names = {
        f"{group.name}.{each.name}"
        for group in fields(settings)
        if group.name != "cup_terms"
        for each in fields(getattr(settings, group.name))
    }
    names |= {f"cup_terms.{term.name}.{name}" for term in fields(CupTerms) for name in ("weight", "limit")}
    assert {path_of(s) for s in EVERY} == names and len(EVERY) == len(names) == 69


def test_every_setting_is_of_a_kind_with_limits() -> None:
    point, catalogue = setting_named("cup_centre_lps_mm"), setting_named("cup_catalogue")
    assert isinstance(point.declared, DeclaredPoint) and isinstance(catalogue.declared, DeclaredValue)
    assert len(RANGED) + len(CHOICES) + 2 == len(EVERY)


@pytest.mark.parametrize("setting", EVERY, ids=path_of)
def test_every_setting_says_what_it_means_and_where_it_comes_from(setting: Setting) -> None:
    says = setting.declared
    assert says.meaning.endswith(".") and says.meaning[:1].strip()
    assert re.match(r"\[(E|[A-Z][^\]]+ \d{4})\]", says.source)
    unit = {"mm": "mm", "deg": "°", "ml": "ml"}.get(setting.name.rsplit("_", 1)[-1])
    assert unit is None or says.unit == unit


@pytest.mark.parametrize("setting", RANGED, ids=path_of)
def test_a_number_outside_its_range_is_refused(setting: Setting) -> None:
    says = setting.declared
    assert isinstance(says, DeclaredNumber | DeclaredWhole) and says.low < says.high
    step = 1 if isinstance(says, DeclaredWhole) else 1e-6
    assert value_in(with_value(setting, says.low), setting) == says.low
    assert value_in(with_value(setting, says.high), setting) == says.high
    for wrong in (says.low - step, says.high + step):
        with pytest.raises(UsageError, match=rf"{setting.name} = .*out of range.*{says.low:g}.*{says.high:g}"):
            with_value(setting, wrong)


@pytest.mark.parametrize("setting", RANGED, ids=path_of)
@pytest.mark.parametrize("wrong", [nan, inf, -inf, True, "5", [5.0]], ids=repr)
def test_what_is_no_finite_number_is_refused(setting: Setting, wrong: Any) -> None:
    with pytest.raises(UsageError, match=rf"{setting.name} = .*(finite|whole) number"):
        with_value(setting, wrong)


@pytest.mark.parametrize("setting", CHOICES, ids=path_of)
@pytest.mark.parametrize("wrong", ["cage", 6.0, nan, True, ["none"]], ids=repr)
def test_what_is_not_among_the_choices_is_refused(setting: Setting, wrong: Any) -> None:
    with pytest.raises(UsageError, match=rf"{setting.name} = .*choose one of"):
        with_value(setting, wrong)


@pytest.mark.parametrize("wrong", ["-88,12,-40", (1.0, 2.0), (1.0, 2.0, nan), (1.0, 2.0, 5001.0), (1.0, 2.0, True)])
def test_what_is_no_position_is_refused(wrong: Any) -> None:
    with pytest.raises(UsageError, match=r"cup_centre_lps_mm = .*three numbers"):
        PlanSettings.of(cup_centre_lps_mm=wrong)


def test_a_whole_number_is_not_rounded() -> None:
    with pytest.raises(UsageError, match=r"screw_count_max = 2\.5 is not a whole number"):
        PlanSettings.of(screw_count_max=2.5)


@pytest.mark.parametrize("wrong", [None, "auto", "shelf.json"])
def test_a_catalogue_by_its_name_is_no_catalogue(wrong: Any) -> None:
    with pytest.raises(UsageError, match="cup_catalogue"):
        PlanSettings.of(cup_catalogue=wrong)


@pytest.mark.parametrize("wrong", [None, 2.0, (1.0, 2.0)])
def test_a_criterion_is_a_term(wrong: Any) -> None:
    with pytest.raises(UsageError, match=r"centre = .*weight and a limit"):
        CupTerms(centre=wrong)


def test_only_what_is_left_to_the_plan_may_be_missing() -> None:
    assert PlanSettings.of(cell_size_mm=None).augment.cell_size_mm is None
    with pytest.raises(UsageError, match="porosity"):
        PlanSettings.of(porosity=None)


def test_a_whole_number_given_for_a_length_becomes_a_length() -> None:
    value = PlanSettings.of(cup_diameter_mm=54).cup.cup_diameter_mm
    assert value == 54.0 and isinstance(value, float)


def test_a_flat_name_reaches_its_group_and_leaves_the_others() -> None:
    first = PlanSettings.of(screw_diameter_mm=5.5, porosity=0.7)
    then = first.changed(screw_diameter_mm=5.0, cup_terms=CupTerms(size=Term(0.0, 1.0)))
    assert (first.screws.screw_diameter_mm, then.screws.screw_diameter_mm) == (5.5, 5.0)
    assert then.augment.porosity == 0.7 and then.cup_terms.size.weight == 0.0
    assert then.cup == PlanSettings().cup


def test_a_misspelt_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"'screw_diametr_mm'.*did you mean 'screw_diameter_mm'"):
        PlanSettings.of(screw_diametr_mm=5.5)


def test_no_name_stands_for_two_settings() -> None:
    flat = [s.name for s in EVERY if not s.group.startswith("cup_terms")]
    assert len(set(flat)) == len(flat)


def test_a_field_without_a_declaration_cannot_be_made() -> None:
    @dataclass(frozen=True)
    class Undeclared(Group):
        words: ClassVar[str] = "One declared, one not."
        declared_mm: float = number(1.0, 0.0, 2.0, unit="mm", meaning="A length.", source="[E]")
        forgotten_mm: float = 1.0

    with pytest.raises(KeyError):
        Undeclared()


def test_the_record_of_the_plan_has_todays_names_and_values() -> None:
    record = PlanSettings.of(cup_centre_lps_mm=(-88.5, 12, -40)).as_record()
    assert {k: v for k, v in record.items() if k.startswith("cup_centre")} == {
        "cup_centre_x_lps_mm": -88.5, "cup_centre_y_lps_mm": 12.0, "cup_centre_z_lps_mm": -40.0,
    }  # fmt: skip
    plain = PlanSettings().as_record()
    assert plain == RECORD_BEFORE_GROUPS


RECORD_BEFORE_GROUPS: dict[str, Any] = {
    "target_inclination_deg": 40.0, "target_anteversion_deg": 15.0,
    "cup_catalogue": "generic hemispherical shell, 44 to 80 mm", "cup_over_head_mm": 6.0, "cup_downsize_mm": 4.0,
    "cup_upsize_mm": 8.0, "cup_column_mm": 2.0, "cup_search_mm": 8.0, "press_fit_mm": 1.0, "cement_gap_mm": 1.5,
    "seat_offset_mm": 0.3, "seat_roughness_mm": 8.0, "augment_type": "auto", "augment_reach_mm": 20.0,
    "augment_envelope_mm": 0.0, "dome_support_mm": 3.0, "augment_minimum_thickness_mm": 5.0,
    "augment_minimum_width_mm": 18.0, "augment_flange": "none", "flange_thickness_mm": 4.0, "flange_width_mm": 20.0,
    "flange_length_mm": 32.0, "flange_screw_count": 2, "augment_minimum_volume_ml": 2.0, "work_spacing_mm": 0.6,
    "porous_layer_mm": 2.0, "porosity": 0.65, "cell_size_mm": "auto", "lattice": "gyroid", "lattice_style": "network",
    "part_pitch_mm": 0.2, "defect_radius_mm": 60.0, "defect_spacing_mm": 1.2, "defect_noise_mm": 1.5,
    "screw_count_max": 3, "augment_screw_count_max": 2, "screw_diameter_mm": 6.5, "screw_longest_mm": 50.0,
    "screw_channel_mm": 0.5, "screw_clearance_mm": 2.0, "screw_tip_margin_mm": 2.0, "screw_minimum_bone_mm": 15.0,
    "screw_vessel_distance_mm": 5.0, "head_diameter_mm": 32.0, "neck_diameter_mm": 12.5, "neck_length_mm": 40.0,
    "ccd_deg": 135.0, "stem_anteversion_deg": 15.0, "shaft_valgus_deg": 6.0, "liner_face_mm": 0.0,
    "neck_resection_mm": 25.0, "cup_diameter_mm": "auto", "cup_centre_lps_mm": "auto", "inclination_deg": "auto",
    "anteversion_deg": "auto",
}  # fmt: skip
"""The record of version 0.1.0 before settings had groups: files of plans keep it."""
