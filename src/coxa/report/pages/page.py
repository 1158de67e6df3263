"""How the pages are made: templates of this package, text escaped, and a missing value an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template


def page_template(name: str, **filters: Callable[..., Any]) -> Template:
    """Return a template of ``templates/`` with filters of its own.

    Parameters
    ----------
    name : str
        Such as ``report.html.j2``.
    **filters
        What turns values into the template's words, by name.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    room = Environment(
        loader=PackageLoader("coxa.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    room.filters |= filters
    return room.get_template(name)
