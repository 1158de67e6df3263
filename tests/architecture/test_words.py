"""Texts that a person reads use literal, standard terms: no figure of speech of the list below."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "coxa"

BANNED = {
    "beware": "say: warning",
    "could not be told": "say: not assessable because of metal artefact",
    "cannot be told": "say: not assessable",
    "what to doubt": "say: warnings, or limitations",
    "wishes": "say: criteria",
    "costs most": "say: dominant criterion",
    "cost of each wish": "say: contribution of each criterion",
    "bone left": "say: host bone",
    "as it was or should be": "say: reconstructed native bone",
    "what carries": "say: contact map of the cup",
    "off target": "say: offset from the target centre",
    "turn it yourself": "say: interactive view",
    "as printed": "say: manufactured part",
    "way out": "say: direction of removal, opposite to the direction of insertion",
    "goes in along": "say: direction of insertion",
    "lie behind bone": "say: undercut volume, left for bone graft",
    "ruined": "say: damaged",
    "the house": "say: the project",
    "rules of the house": "say: conventions",
}
"""What is not to be read, and what to say instead."""


def found_in(text: str) -> list[str]:
    """Return the banned phrases in a text, as whole words, whatever the case and the line breaks."""
    flat = " ".join(text.split())
    return [phrase for phrase in BANNED if re.search(rf"\b{re.escape(phrase)}\b", flat, re.IGNORECASE)]


def literals(source: str) -> list[tuple[int, str]]:
    """Return line and text of each string literal that is no docstring; parts of an f-string one by one."""
    tree = ast.parse(source)
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare
    ]


def command_help(source: str) -> list[tuple[int, str]]:
    """Return line and text of each function's docstring: that of a command is its help."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [(node.lineno, ast.get_docstring(node) or "") for node in functions]


@pytest.mark.parametrize("room", sorted(p.name for p in PACKAGE.iterdir() if p.name != "__pycache__"))
def test_texts_of_the_program_are_literal(room: str) -> None:
    place = PACKAGE / room
    wrong = []
    for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
        if path.suffix != ".py":
            continue
        source = path.read_text(encoding="utf-8")
        texts = literals(source) + (command_help(source) if room == "cli" else [])
        wrong += [
            f"{path.name}:{line}: {phrase}; {BANNED[phrase]}" for line, text in texts for phrase in found_in(text)
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "path",
    [
        *sorted(PACKAGE.rglob("*.j2")),
        *sorted((ROOT / "docs").glob("*.md")),
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
    ],
    ids=lambda path: path.name,
)
def test_pages_and_documents_are_literal(path: Path) -> None:
    wrong = [f"{phrase}; {BANNED[phrase]}" for phrase in found_in(path.read_text(encoding="utf-8"))]
    assert not wrong, "\n".join(wrong)


def test_a_banned_phrase_is_found_and_a_docstring_or_part_of_a_word_is_not() -> None:
    source = 'def f(n):\n    """Costs most."""\n    return f"{n} ml Could not\\nbe told"\n'
    (text,) = [text for _, text in literals(source) if len(text) > 1 and found_in(text)]
    assert found_in(text) == ["could not be told"]
    assert found_in("the household") == [] and found_in("beware of it") == ["beware"]
    assert command_help(source) == [(1, "Costs most.")] and found_in("Costs most.") == ["costs most"]


def glossary_terms() -> list[str]:
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    return rows[1:]


def test_glossary_is_in_alphabetical_order() -> None:
    terms = glossary_terms()
    assert len(terms) > 20
    assert terms == sorted(terms, key=str.lower)


def test_terms_that_the_report_defines_are_in_the_glossary() -> None:
    from coxa.report.wording import GLOSSARY

    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").lower()
    exempt = {"left and right", "check"}
    heads = [re.split(r" \(| and | height| horizontal", term)[0].lower() for term in GLOSSARY]
    assert [term for term in heads if term not in text and term not in ("left",) and term not in exempt] == []
