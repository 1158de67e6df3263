"""Documents execute: every ``>>>`` in the README, in docs/ and in docstrings runs and gives what it says."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import coxa

REPOSITORY = Path(__file__).parents[2]
DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
MODULES = [m.name for m in pkgutil.walk_packages(coxa.__path__, "coxa.") if m.name != "coxa.__main__"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_examples_in_documents(path, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    failed, _ = doctest.testfile(str(path), module_relative=False, encoding="utf-8")
    assert failed == 0


def test_the_essays_have_examples():
    with_examples = {p.name for p in DOCUMENTS if ">>> " in p.read_text(encoding="utf-8")}
    assert {"README.md", "frames.md"} <= with_examples


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0
