"""Which software makes a case what it is."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from coxa import __version__

LIBRARIES = ("numpy", "scipy", "SimpleITK", "scikit-image", "vtk", "trimesh", "pydicom")
"""Libraries whose version can change a measurement."""
ROOMS_AROUND = ("cli", "batch", "cohort")
"""Rooms of Coxa that no measurement depends on."""


def software_versions() -> dict[str, str]:
    """Return versions of Python, of the measuring libraries and of Coxa, with a hash of its source.

    The hash tells two states of a working copy apart that call themselves by the same version.
    """
    found = {"python": platform.python_version(), "coxa": __version__, "coxa_source": _source_digest()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def _source_digest() -> str:
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        relative = path.relative_to(package)
        if relative.parts[0] not in ROOMS_AROUND:
            digest.update(relative.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
