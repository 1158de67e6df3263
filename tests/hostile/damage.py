"""Ways to spoil a file, by a seed: as transfers, disks, other programs and attackers do."""

from __future__ import annotations

import re

import numpy as np

NUMBERS = (
    *(b"0", b"-1", b"nan", b"inf", b"-inf", b"1e308", b"-1e308", b"1e-308", b"1e999", b"99999999999999999999"),
    *(b"9" * 4400, b"", b"x", b'"text"', b"null", b"true", b"[]", b"{}", b"0,7", b"\xff\xfe", b"2147483648", b"65536"),
)
WORDS = (
    *(b"../../x", b"\x1b]0;owned\x07", b"$\\frac{", b"\0", "\u202e\u2066".encode(), b"<script>", b"%s%n", b"'; --"),
    *(b"CON", b"A" * 100_000, b"\xff\xfe\xfd", b"[" * 5000, b"{" * 5000),
)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORD = re.compile(rb"[A-Za-z_]{3,40}")


def damaged(content: bytes, random: np.random.Generator) -> bytes:
    """Return the content spoilt in one to three ways."""
    for _ in range(random.integers(1, 4)):
        content = _WAYS[random.integers(len(_WAYS))](content, random)
    return content


def _flip(content: bytes, random: np.random.Generator) -> bytes:
    spoilt = bytearray(content)
    # Half of the bits in the first kilobytes, where headers are.
    for _ in range(random.integers(1, 6)):
        if spoilt:
            reach = len(spoilt) if random.integers(2) else min(len(spoilt), 2000)
            spoilt[random.integers(reach)] ^= 1 << random.integers(8)
    return bytes(spoilt)


def _cut(content: bytes, random: np.random.Generator) -> bytes:
    return content[: random.integers(len(content) + 1)]


def _insert(content: bytes, random: np.random.Generator) -> bytes:
    at = random.integers(min(len(content), 3000) + 1)
    return content[:at] + random.bytes(int(random.integers(1, 200))) + content[at:]


def _blank(content: bytes, random: np.random.Generator) -> bytes:
    at = int(random.integers(len(content) + 1))
    length = int(random.integers(1, 600))
    return content[:at] + bytes(min(length, len(content) - at)) + content[at + length :]


def _repeat(content: bytes, random: np.random.Generator) -> bytes:
    at, length = int(random.integers(len(content) + 1)), int(random.integers(1, 3000))
    return content[:at] + content[at : at + length] * int(random.integers(2, 6)) + content[at + length :]


def _number(content: bytes, random: np.random.Generator) -> bytes:
    return _replaced(content, _NUMBER, NUMBERS, random)


def _word(content: bytes, random: np.random.Generator) -> bytes:
    return _replaced(content, _WORD, WORDS, random)


def _lines(content: bytes, random: np.random.Generator) -> bytes:
    lines = content.split(b"\n")
    one, other = random.integers(len(lines), size=2)
    lines[one], lines[other] = lines[other], lines[one]
    del lines[int(random.integers(len(lines)))]
    return b"\n".join(lines)


def _other(content: bytes, random: np.random.Generator) -> bytes:
    kinds = (b"", b"\0" * 4000, random.bytes(4000), b"{}", b"[]", b"\xef\xbb\xbf" + content, content * 2)
    return kinds[random.integers(len(kinds))]


def _replaced(
    content: bytes, pattern: re.Pattern[bytes], values: tuple[bytes, ...], random: np.random.Generator
) -> bytes:
    found = list(pattern.finditer(content[:20_000]))
    if not found:
        return content
    at = found[random.integers(len(found))]
    return content[: at.start()] + values[random.integers(len(values))] + content[at.end() :]


_WAYS = (_flip, _flip, _cut, _insert, _blank, _repeat, _number, _number, _word, _lines, _other)
