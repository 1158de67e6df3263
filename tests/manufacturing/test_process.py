"""Process profiles: the packaged ones and a user's own."""

import pytest

from coxa.errors import UsageError
from coxa.manufacturing.process import PROCESSES, load_process, process_from_toml


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
    ],
)
def test_what_a_profile_may_not_say(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        process_from_toml(text)
