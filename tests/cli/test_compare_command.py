"""``coxa compare``: what it refuses before the long work starts."""

from pathlib import Path

from typer.testing import CliRunner

from coxa.cli.app import app


def compared(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["compare", *map(str, arguments)])
    return done.exit_code, done.output


def test_a_folder_without_plan_is_refused_and_nothing_written(tmp_path: Path) -> None:
    scan = tmp_path / "postop.nii.gz"
    scan.write_bytes(b"")
    (tmp_path / "plan").mkdir()
    code, said = compared(tmp_path / "plan", scan, "-o", tmp_path / "out")
    assert code == 3 and "plan.json" in said
    assert not (tmp_path / "out").exists()


def test_a_used_output_folder_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    code, said = compared(tmp_path / "plan", tmp_path / "scan", "-o", tmp_path / "out")
    assert code == 2 and "not empty" in said
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["notes.txt"]
