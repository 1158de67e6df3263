"""Shows a finished case; computes nothing clinical."""

from coxa.report.html import write_report
from coxa.report.qc import write_qc_picture

__all__ = ["write_qc_picture", "write_report"]
