"""Process profiles: the packaged ones and a user's own."""

from importlib.resources import files
from pathlib import Path

import pytest

from coxa.errors import UsageError
from coxa.manufacturing.rules.process import ALLOWED, PROCESSES, load_process, process_from_toml


@pytest.mark.parametrize("name", PROCESSES)
def test_packaged_profiles_are_complete(name: str) -> None:
    process = load_process(name)
    assert process.name == name
    assert 0.0 < process.strut_mm <= process.wall_mm


def test_a_profile_of_ones_own_changes_what_it_names() -> None:
    mine = process_from_toml('based_on = "ebm"\nname = "our EBM"\nwall_mm = 1\nbuild_envelope_mm = [100, 100, 90.5]\n')
    assert (mine.name, mine.wall_mm, mine.build_envelope_mm) == ("our EBM", 1.0, (100.0, 100.0, 90.5))
    assert mine.strut_mm == load_process("ebm").strut_mm


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wall_mm = ", "not TOML"),
        ("wall_mm = 1.0", "lacks"),
        ('based_on = "lpbf"\nwall = 1.0', "'wall'"),
        ('based_on = "lpbf"\nwall_mm = "thin"', "'wall_mm' must be a number"),
        ('based_on = "lpbf"\nwall_mm = true', "'wall_mm' must be a number"),
        ('based_on = "lpbf"\nwall_mm = -1.0', "'wall_mm' must be a number"),
        ('based_on = "lpbf"\nescape_holes = 1.5', "'escape_holes' must be a whole number"),
        ('based_on = "lpbf"\nbuild_envelope_mm = [1.0, 2.0]', "'build_envelope_mm' must be 3 numbers"),
        ('based_on = "casting"', "unknown"),
        ('based_on = "lpbf"\nname = ""', "'name' must be a word in quotes"),
        ('based_on = "lpbf"\nwall_mm = inf', "'wall_mm' must be a number from 0 to 100, not inf"),
        ('based_on = "lpbf"\nescape_holes = inf', "'escape_holes' must be a whole number from 0 to 100, not inf"),
        ('based_on = "lpbf"\nescape_hole_mm = 0', "'escape_hole_mm' must be a number from 0.1 to 100, not 0"),
        ('based_on = "lpbf"\ntriangles_max = nan', "'triangles_max' must be a whole number from 1 to 1,000,000,000"),
        ('based_on = "lpbf"\ntriangles_max = 1000', "'triangles_advised' .2000000. must not be above"),
        ('based_on = "lpbf"\nbuild_envelope_mm = [-1, 5, 5]', "3 numbers from 1 to 10,000 in brackets, not"),
        ('based_on = "lpbf"\nbuild_envelope_mm = [0, 0, 0]', "'build_envelope_mm' must be 3 numbers from 1"),
        ('based_on = "lpbf"\nstrut_growth_mm = [0.2, -5.0]', "'strut_growth_mm' .* the lower one first"),
        ('based_on = "lpbf"\npore_growth_mm = [nan, 0.0]', "'pore_growth_mm' must be 2 numbers from -10 to 10"),
        ('based_on = "lpbf"\ndensity_g_per_cm3 = 0', "'density_g_per_cm3' must be a number from 0.1 to 25, not 0"),
        ('based_on = "lpbf"\nporosity_tolerance = 7', "'porosity_tolerance' must be a number from 0 to 1, not 7"),
        ('based_on = "lpbf"\noverhang_deg = 200', "'overhang_deg' must be a number from 0 to 90, not 200"),
    ],
)
def test_what_a_profile_may_not_say(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        process_from_toml(text)


def test_a_profile_of_ones_own_may_say_a_process_whole_and_the_pages_example_is_one() -> None:
    page = (Path(__file__).parents[3] / "docs" / "exports.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    mine = process_from_toml(example)
    base = load_process("lpbf")
    assert (mine.name, mine.wall_mm) == ("our lpbf", 0.5) and mine.strut_mm == base.strut_mm
    packaged = files("coxa.manufacturing").joinpath("profiles", "lpbf.toml").read_text(encoding="utf-8")
    assert process_from_toml(packaged) == base
    named = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `") and " [" in line}
    assert named == set(ALLOWED)
    for key, (low, high) in ALLOWED.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{key}`"))
        assert f"[{low:,.12g} to {high:,.12g}]" in row
