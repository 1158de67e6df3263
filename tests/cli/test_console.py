"""How commands talk: exit codes, one message, one JSON document, progress for people only."""

import json
import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from coxa import errors
from coxa.cli.console import command_console

EVERY_REFUSAL = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.CoxaError) and kind is not errors.UsageError
]


def run_body(body, *, as_json=False, verbose=False):
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    def command() -> None:
        with command_console(as_json, verbose) as console:
            body(console)

    return CliRunner().invoke(app, [])


def raising(error):
    def body(console):
        raise error

    return body


def test_done_is_0():
    result = run_body(lambda console: console.finish({"answer": 42}))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_incomplete_is_1_and_says_why(tmp_path):
    result = run_body(lambda console: console.close(tmp_path, [], ["height left: cut off"]))
    assert result.exit_code == 1
    assert "height left: cut off" in result.stdout


def test_wrong_usage_is_2():
    assert run_body(raising(errors.UsageError("no such side"))).exit_code == 2


@pytest.mark.parametrize("kind", EVERY_REFUSAL, ids=lambda k: k.__name__)
def test_every_refusal_is_3_with_one_message(kind):
    result = run_body(raising(kind("slices are missing: export the series again")))
    assert result.exit_code == 3
    assert result.stderr == "coxa: slices are missing: export the series again\n"
    assert result.stdout == ""


def test_a_defect_is_one_line_without_the_text_of_the_exception():
    """The text of an unexpected exception may hold a path or a name, so only its kind is shown."""
    result = run_body(raising(KeyError("/home/erika.mustermann/ct")))
    assert result.exit_code == 70
    assert len(result.stderr.splitlines()) == 1
    assert "KeyError" in result.stderr
    assert "-v" in result.stderr
    assert "mustermann" not in result.stderr
    assert "Traceback" not in result.stderr


def test_verbose_shows_the_traceback():
    result = run_body(raising(KeyError("x")), verbose=True)
    assert result.exit_code == 70
    assert "Traceback" in result.stderr


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (lambda console: console.finish({"a": 1}), 0),
        (lambda console: console.finish({"a": 1}, 1), 1),
        (raising(errors.UsageError("u")), 2),
        (raising(errors.NotCTError("n")), 3),
        (raising(ZeroDivisionError()), 70),
    ],
)
def test_json_is_exactly_one_document_whatever_happens(body, code):
    def talkative(console):
        console.say("for people")
        with console.stages(("load",)):
            console.stage("load")
        body(console)

    result = run_body(talkative, as_json=True)
    assert result.exit_code == code
    document = json.loads(result.stdout)
    assert ("error" in document) == (code >= 2)


def test_json_refuses_nan():
    """A NaN would not be JSON, and would be a wrong number besides."""
    assert run_body(lambda console: console.finish({"value": float("nan")}), as_json=True).exit_code == 70


PROGRAM = """
from coxa.cli.console import command_console
with command_console(False, {verbose}) as console:
    with console.stages(("load", "segment")):
        console.stage("load")
        console.stage("segment")
"""


def test_a_pipe_gets_no_progress():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(verbose=False)], capture_output=True, text=True, encoding="utf-8"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_verbose_names_stages_with_times_in_a_pipe():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(verbose=True)], capture_output=True, text=True, encoding="utf-8"
    )
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["load", "segment"]
    assert "\x1b" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal needs POSIX")
def test_a_terminal_gets_the_stages():
    import pty

    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    subprocess.run([sys.executable, "-c", PROGRAM.format(verbose=False)], stderr=slave, env=environment, check=True)
    os.close(slave)
    assert b"segment" in os.read(master, 65536)
    os.close(master)
