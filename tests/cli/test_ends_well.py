"""However a command ends, it says so in one message, leaves nothing half-written and obeys no file."""

import errno
import json
import os
import signal
import subprocess
import sys
import time

import pytest
import typer
from typer.testing import CliRunner

from coxa.cli.console import command_console
from coxa.cli.plain_table import plain_table
from coxa.cli.printable import printable, traceback_text
from coxa.file_names import why_no_file_name
from coxa.io.outputs import STAGING_PREFIX


def run(error, as_json=False, verbose=False):
    app = typer.Typer()

    @app.command()
    def command():
        with command_console(as_json, verbose):
            raise error

    return CliRunner().invoke(app, [])


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/Doe"), 2, "the disk is full"),
        (OSError(errno.EROFS, "Read-only file system", "/data/Doe"), 2, "read-only"),
        (PermissionError(errno.EACCES, "Permission denied", "/data/Doe"), 2, "no permission"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "/data/Doe"), 2, "longer than the system allows"),
        (OSError(errno.EIO, "Input/output error", "/data/Doe"), 3, "Input/output error"),
        (MemoryError(), 3, "not enough free memory"),
        (RecursionError("maximum recursion depth exceeded"), 3, "nested deeper"),
        (OverflowError("int too large to convert to float"), 3, "larger numbers"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (ZeroDivisionError("x"), 70, "a defect in Coxa"),
    ],
)
def test_what_ends_a_command_is_said_and_has_its_code(error, code, said):
    plain, document = run(error), run(error, as_json=True)
    assert plain.exit_code == document.exit_code == code
    assert said in plain.stderr
    assert "Doe" not in plain.stderr
    told = json.loads(document.stdout)["error"]
    assert told["exit_code"] == code
    assert said in told["message"]


def test_verbose_shows_where_but_no_path_of_the_users():
    result = run(OSError(errno.EIO, "Input/output error", "/data/Doe John/scan.dcm"), verbose=True)
    assert "coxa/cli/console.py" in result.stderr
    assert "/data" not in result.stderr
    assert "Doe" not in result.stderr
    assert os.fspath(os.getcwd()) not in result.stderr  # noqa: PTH109
    assert 'File "coxa/' in traceback_text(_caught())


def _caught() -> Exception:
    try:
        printable(3)
    except TypeError as error:
        return error
    raise AssertionError


def test_escapes_from_a_file_do_not_reach_the_terminal(capsys):
    from rich.console import Console

    table = plain_table("name")
    table.add_row("\x1b]0;owned\x07\x1b[31mred")
    Console(file=sys.stdout).print(table)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "?[31mred" in shown
    assert "\x1b" not in run(OSError(errno.EIO, "\x1b[2J")).stderr


@pytest.mark.parametrize("name", ["hip", "Hüfte 1", "case-0a1b", "術前", "a.b", "x" * 100])
def test_names_that_every_system_allows(name):
    assert why_no_file_name(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "C:x",
        "con",
        "NUL.txt",
        "com1",
        "a.",
        "a ",
        "x" * 101,
        "\n",
        "a\0b",
        "?",
    ],
)
def test_names_that_lead_elsewhere_or_nowhere(name):
    assert why_no_file_name(name)


def test_a_case_id_that_is_no_name_is_refused_before_the_work(coxa, tmp_path):
    result = coxa("measure", tmp_path, "-o", tmp_path / "out", "--case-id", "../../x")
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_nothing_behind_and_is_said_as_json(tmp_path, number):
    code = (
        "import sys, time, pathlib\nimport coxa.io\nfrom coxa.cli import app, segment\n"
        "def slow(*a, **k):\n"
        "    with coxa.io.finished_folder(pathlib.Path(sys.argv[-1])) as folder:\n"
        "        (folder / 'half').touch()\n        time.sleep(60)\n"
        "coxa.io.load_scan = slow\n"
        "app.main()\n"
    )
    out = tmp_path / "out"
    command = [sys.executable, "-c", code, "segment", str(tmp_path), "--json", "-o", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(1200):
        if any(path.name.startswith(STAGING_PREFIX) for path in tmp_path.iterdir()):
            break
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(said)["error"]["exit_code"] == 130
    assert list(tmp_path.iterdir()) == []
