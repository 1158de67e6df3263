"""Writing simulated scans with their truth."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from coxa.io.dicom.write import write_ct_dicom
from coxa.io.images.image_files import write_array, write_volume
from coxa.io.outputs import finished_folder, write_json
from coxa.phantom.simulation import PhantomScan

PhantomFormat = Literal["dicom", "dicom-compressed", "nifti"]


def write_phantom(folder: Path, scan: PhantomScan, scan_format: PhantomFormat = "dicom") -> None:
    """Write a scan, its exact labels and ``truth.json``; all of it appears or nothing.

    Parameters
    ----------
    folder : Path
        Receives ``ct.nii.gz`` or ``dicom/``, ``labels.nii.gz`` and ``truth.json``.
    scan : PhantomScan
    scan_format : str
        ``dicom``, ``dicom-compressed`` (JPEG 2000 lossless) or ``nifti``.
    """
    with finished_folder(folder) as staging:
        write_json(staging / "truth.json", scan.truth)
        write_array(staging / "labels.nii.gz", scan.segmentation.labels, scan.segmentation.grid)
        if scan_format == "nifti":
            write_volume(staging / "ct.nii.gz", scan.volume)
            return
        name = f"Coxa phantom {scan.truth['scenario_name']}"
        paths = write_ct_dicom(staging / "dicom", scan.volume, series_description=name, seed_uid=name)
        if scan_format == "dicom-compressed":
            _compress(paths)


def _compress(paths: list[Path]) -> None:
    """Rewrite slices as JPEG 2000 lossless."""
    from pydicom import dcmread
    from pydicom.uid import JPEG2000Lossless

    for path in paths:
        dataset = dcmread(path)
        dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
        dataset.save_as(path, enforce_file_format=True)
