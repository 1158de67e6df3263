"""How a command talks: progress and errors to standard error, results to standard output, one exit code.

Exit codes: 0 all done; 1 done, but some of it could not be measured or is not printable (the outputs are written
and say why); 2 wrong usage; 3 input refused, nothing written; 70 a defect in Coxa itself; 130 interrupted.
"""

from __future__ import annotations

import errno
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from coxa.cli.printable import printable, traceback_text
from coxa.errors import CoxaError, UsageError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress as ProgressBar

LONGEST_MESSAGE = 2000
"""Characters of a refusal that are shown."""
PIPE_WIDTH = 160
"""Columns of tables in a pipe, where there is no window to fit."""

DONE, INCOMPLETE, WRONG_USAGE, REFUSED, DEFECT, INTERRUPTED = 0, 1, 2, 3, 70, 130
"""Exit codes, as docs/files.md lists them; 70 is the customary one for a defect of the program, 130 of an
interruption."""
_CANNOT_WRITE = {
    "ENOSPC": "the disk is full; free some space, or name another folder",
    "EDQUOT": "your quota on that disk is used up; free some space, or name another folder",
    "EROFS": "the disk is read-only; name another folder",
    "EACCES": "there is no permission to; name another folder",
    "EPERM": "there is no permission to; name another folder",
}


@dataclass
class CommandConsole:
    """One command's talk with whoever called it, a person or a program.

    Attributes
    ----------
    as_json : bool
        Standard output carries exactly one JSON document.
    verbose : bool
    """

    as_json: bool
    verbose: bool
    _bar: ProgressBar | None = None
    _stage: str | None = None
    _stage_began: float = field(default_factory=time.perf_counter)

    def stage(self, name: str) -> None:
        """Announce the next stage; fits :data:`coxa.pipeline.Progress`."""
        self._end_stage()
        self._stage = name
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], description=name)

    @contextmanager
    def stages(self, names: Sequence[str]) -> Iterator[None]:
        """Show a bar over the named stages while the block runs; only on a terminal."""
        with self._open_bar(len(names)) as self._bar:
            yield
            self._end_stage()
        self._bar = None

    def _open_bar(self, total: int) -> AbstractContextManager[ProgressBar | None]:
        if not sys.stderr.isatty():
            return nullcontext()
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = SpinnerColumn(), TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn()
        bar = Progress(*columns, TimeElapsedColumn(), console=_console(sys.stderr), transient=True)
        bar.add_task("", total=total)
        return bar

    def _end_stage(self) -> None:
        now = time.perf_counter()
        if self._stage is not None and self.verbose:
            line = f"{self._stage:<12} {now - self._stage_began:6.1f} s"
            (self._bar.console if self._bar else _console(sys.stderr)).print(line, highlight=False)
        if self._stage is not None and self._bar is not None:
            self._bar.advance(self._bar.task_ids[0])
        self._stage, self._stage_began = None, now

    def say(self, *what: RenderableType) -> None:
        """Print for a person, to standard output; silent when a program listens."""
        if not self.as_json:
            console = _console(sys.stdout)
            for item in what:
                console.print(printable(item) if isinstance(item, str) else item, highlight=False, markup=False)

    def finish(self, document: Mapping[str, Any], exit_code: int = DONE) -> NoReturn:
        """End the command: print the document (with ``--json``) and exit."""
        if self.as_json:
            _print_json(document)
        raise typer.Exit(exit_code)

    def close(
        self, out: Path, warnings: Sequence[str], incomplete: Sequence[str], results: Mapping[str, Any] | None = None
    ) -> NoReturn:
        """End a command that wrote a folder: warnings, what is missing, where the files are."""
        files = sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
        self.say(*(f"warning: {warning}" for warning in warnings), *(f"incomplete: {reason}" for reason in incomplete))
        shown = sorted(p.name + "/" * p.is_dir() for p in out.iterdir())
        self.say(f"written to {out}: {', '.join(shown)}")
        document = {"out": str(out), "files": files, "warnings": list(warnings), "incomplete": list(incomplete)}
        self.finish({**document, **(results or {})}, INCOMPLETE if incomplete else DONE)

    def refuse(self, error: BaseException, code: int, message: str) -> NoReturn:
        """Print one message and no traceback (but with ``-v``), and exit."""
        message = printable(message)
        if len(message) > LONGEST_MESSAGE:  # it quotes a file
            message = message[:LONGEST_MESSAGE] + " ..."
        if self.as_json:
            _print_json({"error": {"kind": type(error).__name__, "message": message, "exit_code": code}})
        if self.verbose:
            typer.echo(traceback_text(error), err=True)
        typer.echo(f"coxa: {message}", err=True)
        raise typer.Exit(code)


@contextmanager
def command_console(as_json: bool, verbose: bool) -> Iterator[CommandConsole]:
    """Run a command's body; translate what it raises into one message and the contract's exit code."""
    console = CommandConsole(as_json, verbose)
    _silence_libraries()
    try:
        yield console
    except UsageError as error:
        console.refuse(error, WRONG_USAGE, str(error))
    except CoxaError as error:
        console.refuse(error, REFUSED, str(error))
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except KeyboardInterrupt as error:
        console.refuse(error, INTERRUPTED, "interrupted: nothing half-written is left")
    except MemoryError as error:
        console.refuse(error, REFUSED, "this computer has not enough free memory for it: close other programs")
    except OSError as error:
        code, message = _system_refusal(error)
        console.refuse(error, code, message)
    except (RecursionError, OverflowError) as error:
        console.refuse(error, REFUSED, "a file given is nested deeper, or holds larger numbers, than Coxa can read")
    except Exception as error:
        hint = "" if verbose else "; run it again with -v for the details"
        what = (
            f"unexpected {type(error).__name__}: this is a defect in Coxa, nothing was written. Please report it{hint}"
        )
        console.refuse(error, DEFECT, what)


def _system_refusal(error: OSError) -> tuple[int, str]:
    """Return exit code and message for what the operating system refused; no path, it may name a patient."""
    name = errno.errorcode.get(error.errno or 0, "")
    if name == "ENAMETOOLONG":
        return WRONG_USAGE, "a path is longer than the system allows: name a shorter one"
    if name in _CANNOT_WRITE:
        return WRONG_USAGE, f"the output cannot be written: {_CANNOT_WRITE[name]}"
    return REFUSED, f"the operating system refuses to read or write a file: {error.strerror or type(error).__name__}"


def _silence_libraries() -> None:
    """Keep remarks of libraries off the screen: what the user must know is said as a warning of Coxa's own."""
    import logging
    import warnings

    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    logging.getLogger().addHandler(logging.NullHandler())


def _print_json(document: Mapping[str, Any]) -> None:
    typer.echo(json.dumps(document, indent=2, allow_nan=False))


def _console(stream: Any) -> Console:
    from rich.console import Console

    return Console(file=stream) if stream.isatty() else Console(file=stream, width=PIPE_WIDTH, soft_wrap=True)
