"""The house as drawn in CONTRIBUTING.md: imports go downward, the library neither prints nor exits."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "src" / "coxa"
LIBRARY = sorted(p for p in PACKAGE.rglob("*.py") if "cli" not in p.relative_to(PACKAGE).parts)
EVERY_FILE = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def offences(source: str) -> list[str]:
    """What a library file may not do, as 'line: what'."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "sys.exit", "exit", "quit", "os._exit"):
            found.append(f"{node.lineno}: {ast.unparse(node.func)}()")
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            found.append(f"{node.lineno}: bare except")
        if isinstance(node, ast.Assert):
            found.append(f"{node.lineno}: assert (raise an error of coxa.errors instead)")
    return found


def test_imports_keep_the_contracts():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", LIBRARY, ids=name_of)
def test_library_neither_prints_nor_exits_nor_asserts(path):
    assert offences(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source", ["print('x')", "import sys\nsys.exit(1)", "try:\n  f()\nexcept:\n  pass", "assert x > 0"]
)
def test_the_offence_finder_finds(source):
    assert len(offences(source)) == 1


ROOMS = [path for path in sorted(PACKAGE.rglob("__init__.py")) if path.parent != PACKAGE]


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_a_room_says_what_comes_in_what_goes_out_and_what_it_must_not_know(path):
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert re.search(r"\bcomes? in\b|^Numbers and names come in", said), said
    assert re.search(r"\bgo(es)? out\b|\bexit code go out", said), said
    assert re.search(r"\b(Knows?|Measures|Computes|Holds)\s+(no|none|nothing|neither)\b", said), said


def test_no_room_for_leftovers():
    forbidden = {"utils", "helpers", "common", "misc", "util", "helper"}
    assert [name_of(p) for p in EVERY_FILE if forbidden & set(p.relative_to(PACKAGE).with_suffix("").parts)] == []


def test_files_stay_small():
    lengths = {name_of(p): len(p.read_text(encoding="utf-8").splitlines()) for p in EVERY_FILE}
    assert {name: n for name, n in lengths.items() if n > 300} == {}


def test_help_loads_no_heavy_library():
    """`coxa --help` has to answer at once, so the program's module may not pull in what only the stages need."""
    heavy = {"vtk", "vtkmodules", "pyvista", "SimpleITK", "trimesh", "scipy", "skimage", "matplotlib", "pydicom"}
    code = f"import sys, coxa.cli.app; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", ["geometry", "anatomy", "volume", "case", "measure", "landmarks", "planning"])
def test_value_rooms_run_without_dicom_or_pictures(room):
    """What import-linter says of the code, seen at run time too: importing the room loads none of these."""
    foreign = {"pydicom", "vtk", "vtkmodules", "pyvista", "matplotlib"}
    code = f"import sys, coxa.{room}; print(sorted({foreign!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"
