"""Constants: every numeric constant of a module or class says beside it what it is."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "coxa"
MODULES = sorted(SOURCE.rglob("*.py"))


def undescribed_constants(text: str) -> list[str]:
    """Names of numeric constants (upper case, of a module or class) with neither docstring nor comment beside them."""
    lines = text.splitlines()
    tree = ast.parse(text)
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    missing = []
    for body in bodies:
        for node, after in zip(body, [*body[1:], None], strict=True):
            names = [name for name in _assigned(node) if name.isupper()]
            if names and _holds_number(node) and not (_is_text(after) or _has_comment(node, lines)):
                missing += names
    return missing


def _assigned(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]


def _holds_number(node: ast.stmt) -> bool:
    parts = ast.walk(node.value) if getattr(node, "value", None) is not None else ()
    return any(isinstance(p, ast.Constant) and type(p.value) in (int, float) for p in parts)


def _is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _has_comment(node: ast.stmt, lines: list[str]) -> bool:
    above = lines[node.lineno - 2].lstrip() if node.lineno > 1 else ""
    own = lines[node.lineno - 1 : node.end_lineno]
    return above.startswith("#") or any("#" in line for line in own)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_numeric_constants_say_what_they_are(path):
    assert undescribed_constants(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("REACH_MM = 3.0\n", ["REACH_MM"]),
        ("A, B = 1, 2\nC = 3\n'''Of C.'''\n", ["A", "B"]),
        ("A, B = 1, 2\n'''Of both.'''\n", []),
        ("STEP_MM = 0.5  # of the search\n", []),
        ("# Of the search.\nSTEP_MM = 0.5\n", []),
        ("class Box:\n    SIDE_MM: float = 2.0\n", ["SIDE_MM"]),
        ("NAMES = ('a', 'b')\nlower = 3\n", []),
    ],
)
def test_bare_constants_are_seen(text, missing):
    assert undescribed_constants(text) == missing
