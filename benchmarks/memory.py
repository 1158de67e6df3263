"""Peak memory of a piece of work, as the Linux kernel counts it; unknown elsewhere."""

from __future__ import annotations

from pathlib import Path

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def reset_peak() -> int | None:
    """Let the peak start anew; return the memory in use now, in kB."""
    try:
        _RESET.write_text("5", encoding="utf-8")
    except OSError:
        return None
    return _status_kb("VmRSS")


def extra_peak_mb(before_kb: int | None) -> float | None:
    """Return how far memory rose above ``before_kb`` since :func:`reset_peak`, in MB."""
    peak = _status_kb("VmHWM")
    return None if before_kb is None or peak is None else (peak - before_kb) / 1024.0


def _status_kb(field: str) -> int | None:
    if not _STATUS.exists():
        return None
    lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="utf-8").splitlines())
    return int(lines[field].split()[0])
