"""Sources: every key in square brackets stands in docs/sources.md, and nothing points outside the repository."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "src" / "coxa"
SOURCES_PAGE = REPOSITORY / "docs" / "sources.md"
TEXTS = [
    *sorted(SOURCE.rglob("*.py")),
    *sorted(SOURCE.rglob("*.toml")),
    *sorted((REPOSITORY / "docs").glob("*.md")),
    REPOSITORY / "README.md",
    REPOSITORY / "CONTRIBUTING.md",
]

KEY = re.compile(r"\[((?:[A-Z][^\[\]|(){}=,:\n]* (?:19|20)\d{2})|(?:ISO/IEC|ASTM|DICOM|3MF|TCGA)[^\[\]\n\"]*)\](?!\()")
DEFINED = re.compile(r"\*\*\[([^\[\]\n]+)\]\*\*")
DANGLING = re.compile(r"\[[SC]\]|(?i:clinical reference|scoring tool|shared/reference)")


def keys_in(text: str) -> set[str]:
    """The keys of sources that a text uses."""
    return set(KEY.findall(text))


def dangling_in(text: str) -> list[str]:
    """What points at no source: [S] and [C] without a paper, and documents that the repository does not hold."""
    return DANGLING.findall(text)


def test_every_key_is_defined_once():
    defined = DEFINED.findall(SOURCES_PAGE.read_text(encoding="utf-8"))
    assert len(defined) > 40
    assert len(defined) == len(set(defined))
    used = {key: path.name for path in TEXTS for key in keys_in(path.read_text(encoding="utf-8"))}
    assert {key: place for key, place in used.items() if key not in defined} == {}


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_nothing_points_outside_the_repository(path):
    assert dangling_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("angles [Murray 1993] of the cup", {"Murray 1993"}),
        ("[D'Antonio 1989], [ISO/IEC 25422:2025] and [E]", {"D'Antonio 1989", "ISO/IEC 25422:2025"}),
        ("[measurements.md](measurements.md) and values[2020]", set()),
    ],
)
def test_keys_are_seen(text, found):
    assert keys_in(text) == found


@pytest.mark.parametrize(
    "text", ["mean and spread [S].", "173 mm [C]", "clinical reference, section 10", "scoring tool"]
)
def test_dangling_references_are_seen(text):
    assert dangling_in(text)
