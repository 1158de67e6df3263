"""The program as a whole: help, versions, usage errors, and the commands that need no pipeline."""

import json
import subprocess
import sys
from typing import get_args

import numpy as np
import pytest

from coxa import __version__
from coxa.cli.app import app
from coxa.cli.phantom import Scenario
from coxa.cli.plan import point_lps_mm
from coxa.errors import UsageError
from coxa.geometry import Grid, Mesh
from coxa.io.meshes.mesh_files import write_stl
from coxa.phantom import SCENARIOS
from coxa.surface import surface_of_mask

COMMANDS = [command.name for command in app.registered_commands]
CUBE = surface_of_mask(np.ones((10, 10, 10), dtype=bool), Grid((10, 10, 10), (1.0, 1.0, 1.0), [0, 0, 0], np.eye(3)))


def test_help_is_a_tour_with_every_command(coxa):
    text = coxa("--help").stdout
    assert all(f"{name} " in text for name in COMMANDS)
    assert "coxa plan my_ct/" in text
    assert "not a medical device" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(coxa, command):
    result = coxa(command, "--help")
    assert result.exit_code == 0
    assert f"$ coxa {command} " in result.stdout
    for option in ("--json", "--verbose", "--version"):
        assert option in result.stdout


@pytest.mark.parametrize("arguments", [["--version"], ["measure", "--version"]])
def test_version(coxa, arguments):
    assert coxa(*arguments).stdout == f"coxa {__version__}\n"


def test_python_m_coxa_is_the_same_program():
    done = subprocess.run([sys.executable, "-m", "coxa", "--version"], capture_output=True, text=True, encoding="utf-8")
    assert done.stdout == f"coxa {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["measure", "scan.nii"],
        ["measure", "scan.nii", "-o", "out", "--fast"],
        ["plan", "scan.nii", "-o", "out"],
        ["plan", "scan.nii", "-o", "out", "--side", "both"],
        ["plan", "scan.nii", "-o", "out", "--side", "left", "--cup-center", "12,x,3"],
        ["plan", "scan.nii", "-o", "out", "--side", "left", "--cup-diameter", "540"],
        ["phantom", "-o", "out", "--scenario", "unicorn"],
    ],
)
def test_wrong_usage_exits_2_and_writes_nothing(coxa, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    result = coxa(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_cup_centre_may_begin_with_a_minus():
    assert point_lps_mm("-88.5,12,-40") == (-88.5, 12.0, -40.0)
    with pytest.raises(UsageError, match="three numbers"):
        point_lps_mm("1,2")


@pytest.mark.parametrize("command", [["inspect"], ["measure", "-o", "out"], ["segment", "-o", "out"]])
def test_a_path_with_nothing_there_is_refused(coxa, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    result = coxa(command[0], tmp_path / "nothing", *command[1:])
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_inspect_of_foreign_files_is_refused_as_json_too(coxa, tmp_path):
    (tmp_path / "letter.txt").write_text("hello", encoding="utf-8")
    result = coxa("inspect", tmp_path, "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["error"]["exit_code"] == 3


def test_check_tells_a_printable_mesh_from_an_open_one(coxa, tmp_path):
    write_stl(tmp_path / "cube.stl", CUBE)
    write_stl(tmp_path / "open.stl", Mesh(CUBE.vertices_lps_mm, CUBE.faces[2:]))
    good = coxa("check", tmp_path / "cube.stl", "--json")
    assert good.exit_code == 0
    assert json.loads(good.stdout)["printable"] is True
    bad = coxa("check", tmp_path / "open.stl")
    assert bad.exit_code == 1
    assert "not printable" in bad.stdout


def test_the_offered_scenarios_are_the_phantoms_own():
    offered = get_args(get_args(Scenario)[0])
    assert set(offered) == set(SCENARIOS) - {"benchmark"}
