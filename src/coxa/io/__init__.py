"""The only place that touches files and foreign frames: DICOM, NIfTI, NRRD, meshes, markups, JSON.

Paths come in; values in LPS mm and HU go out, and back. Computes nothing clinical.
"""

from coxa.io.inspection import Inspection, inspection_to_json
from coxa.io.load import inspect_scan, load_scan
from coxa.io.outputs import finished_file, finished_folder
from coxa.io.scan import Scan

__all__ = [
    "Inspection",
    "Scan",
    "finished_file",
    "finished_folder",
    "inspect_scan",
    "inspection_to_json",
    "load_scan",
]
