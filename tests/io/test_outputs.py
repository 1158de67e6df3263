"""Outputs appear whole or not at all, beside what the user keeps there."""

import subprocess
import sys
from pathlib import Path

import pytest

from coxa.errors import UsageError
from coxa.io.outputs import STAGING_PREFIX, finished_file, finished_folder, write_json


def _names(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", ["out", "术前 计划 (1)", "x" * 250, "深" * 80])
def test_a_new_folder_appears_whole(tmp_path, name):
    with finished_folder(tmp_path / "a" / name) as folder:
        (folder / "plan.json").write_text("{}", encoding="utf-8")
        (folder / "meshes").mkdir()
        (folder / "meshes" / "cup 杯.stl").write_bytes(b"x")
        assert not (tmp_path / "a" / name).exists()
    assert _names(tmp_path / "a") == {f"{name}/plan.json", f"{name}/meshes/cup 杯.stl"}
    assert (tmp_path / "a" / name).stat().st_mode & 0o777 == tmp_path.joinpath("a").stat().st_mode & 0o777


def test_nothing_appears_when_the_work_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), finished_folder(tmp_path / "out") as folder:
        (folder / "half.json").write_text("{", encoding="utf-8")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_nothing_changes_when_the_work_is_interrupted(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "plan.json").write_text("old", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt), finished_folder(tmp_path / "out") as folder:
        (folder / "plan.json").write_text("new", encoding="utf-8")
        raise KeyboardInterrupt
    assert _names(tmp_path) == {"out/plan.json"}
    assert (tmp_path / "out" / "plan.json").read_text(encoding="utf-8") == "old"


def test_earlier_outputs_are_replaced_and_the_users_files_stay(tmp_path):
    out = tmp_path / "out"
    (out / "meshes").mkdir(parents=True)
    for name in ("plan.json", "notes.txt", "meshes/cup.stl", "meshes/mine.stl"):
        (out / name).write_text("old", encoding="utf-8")
    with finished_folder(out) as folder:
        (folder / "meshes").mkdir()
        for name in ("plan.json", "meshes/cup.stl", "new.csv"):
            (folder / name).write_text("new", encoding="utf-8")
    assert _names(tmp_path) == {
        f"out/{n}" for n in ("plan.json", "notes.txt", "meshes/cup.stl", "meshes/mine.stl", "new.csv")
    }
    assert {n for n in _names(out) if (out / n).read_text(encoding="utf-8") == "new"} == {
        "plan.json",
        "meshes/cup.stl",
        "new.csv",
    }


def test_a_replacement_that_fails_half_way_is_taken_back(tmp_path):
    out = tmp_path / "out"
    (out / "z").mkdir(parents=True)  # a folder where the new run wants a file
    (out / "z" / "mine.txt").write_text("mine", encoding="utf-8")
    (out / "a.json").write_text("old", encoding="utf-8")
    with pytest.raises(OSError), finished_folder(out) as folder:
        (folder / "a.json").write_text("new", encoding="utf-8")
        (folder / "b.json").write_text("new", encoding="utf-8")
        (folder / "z").mkdir()
        (folder / "z" / "mine.txt").mkdir()
        (folder / "z" / "mine.txt" / "c").write_text("new", encoding="utf-8")
    assert _names(tmp_path) == {"out/a.json", "out/z/mine.txt"}
    assert (out / "a.json").read_text(encoding="utf-8") == "old"


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is a file"), finished_folder(tmp_path / "out"):
        pass
    with pytest.raises(UsageError, match="nothing can be written"), finished_folder(tmp_path / "out" / "below"):
        pass
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "新 folder" / "table.nii.gz"
    with pytest.raises(ValueError), finished_file(target) as path:
        path.write_text("half", encoding="utf-8")
        raise ValueError
    assert _names(tmp_path) == set()
    with finished_file(target) as path:
        assert path.name.endswith(".nii.gz")
        path.write_text("whole", encoding="utf-8")
    assert _names(tmp_path) == {"新 folder/table.nii.gz"}


def test_json_is_utf8_and_never_holds_nan(tmp_path):
    write_json(tmp_path / "a.json", {"名": 1.5})
    assert "名" in (tmp_path / "a.json").read_text(encoding="utf-8")
    with pytest.raises(ValueError):
        write_json(tmp_path / "b.json", {"value": float("nan")})
    assert not (tmp_path / "b.json").exists()


def test_two_runs_into_one_new_folder_lose_none(tmp_path):
    with pytest.raises(UsageError, match="another run wrote"), finished_folder(tmp_path / "out") as slow:
        (slow / "plan.json").write_text("slow", encoding="utf-8")
        with finished_folder(tmp_path / "out") as fast:
            (fast / "plan.json").write_text("fast", encoding="utf-8")
    assert _names(tmp_path) == {"out/plan.json"}
    assert (tmp_path / "out" / "plan.json").read_text(encoding="utf-8") == "fast"


def test_what_a_killed_run_left_is_swept_by_the_next_and_no_other(tmp_path):
    code = (
        "import os, sys, pathlib\nfrom coxa.io.outputs import finished_folder\n"
        "with finished_folder(pathlib.Path(sys.argv[1]) / 'out') as folder:\n"
        "    (folder / 'half.json').write_text('{', encoding='utf-8')\n    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    left = list(tmp_path.iterdir())
    assert [path.name.startswith(STAGING_PREFIX) for path in left] == [True]
    with finished_folder(tmp_path / "running"):  # of a process that lives: this one
        with finished_file(tmp_path / "a.json") as staging:
            staging.write_text("{}", encoding="utf-8")
        assert len([path for path in tmp_path.iterdir() if path.name.startswith(STAGING_PREFIX)]) == 1
    assert not left[0].exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "running"]
