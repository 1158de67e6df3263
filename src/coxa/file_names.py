"""Which words may become the name of a file or folder: those that every system allows, and that stay where they are."""

from __future__ import annotations

import re

LONGEST_NAME = 100
"""Characters; suffixes still fit into the 255 bytes of file systems."""
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def why_no_file_name(name: str) -> str | None:
    """Return why a word cannot be the name of a file, or None.

    >>> why_no_file_name("hip score"), why_no_file_name("../x")
    (None, 'it has a character that a file name cannot have')
    """
    if not name.strip() or len(name) > LONGEST_NAME or len(name.encode("utf-8", errors="replace")) > 2 * LONGEST_NAME:
        return f"it is empty or longer than {LONGEST_NAME} characters"
    if _FORBIDDEN.search(name):
        return "it has a character that a file name cannot have"
    if not name.strip(". ") or name[-1] in ". " or name[0] == " ":
        return "it consists of dots or begins or ends with a space or dot"
    if _RESERVED.fullmatch(name):
        return "it is a reserved name of Windows"
    return None
