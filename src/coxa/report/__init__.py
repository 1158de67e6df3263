"""Shows a finished case; computes nothing clinical."""

from coxa.report.drr import write_drr_picture
from coxa.report.html import write_report
from coxa.report.qc import write_qc_picture

__all__ = ["write_drr_picture", "write_qc_picture", "write_report"]
