"""Shows a finished case.

Finished values come in; pages and pictures go out. Computes nothing clinical.
"""

from coxa.report.pages.report_page import write_report
from coxa.report.pictures.drr import write_drr_picture
from coxa.report.pictures.qc import write_qc_picture

__all__ = ["write_drr_picture", "write_qc_picture", "write_report"]
