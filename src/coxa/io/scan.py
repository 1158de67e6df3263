"""What the loader hands over: a volume and where it came from, without the patient's identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from coxa.volume import Volume


@dataclass(frozen=True, eq=False)
class Scan:
    """A loaded scan.

    Attributes
    ----------
    volume : Volume
        HU, padding set to -1024.
    sha256 : str
        Of the voxels in HU and the grid: the same scan gives the same value from DICOM, a zip of it, or
        NIfTI, whatever the files are called.
    format : str
        ``dicom``, ``nifti``, ``nrrd`` or ``metaimage``.
    warnings : tuple of str
        What the reader of the results must know (thick slices, resampled gap, corrected tilt ...).
    acquisition : Mapping[str, str]
        Technical facts kept from the header: kernel, slice thickness, kVp, manufacturer model. No identity, no dates.
    uids : Mapping[str, str]
        ``series``, ``study``, ``frame_of_reference`` UIDs when DICOM, kept only for DICOM export on request.
    """

    volume: Volume
    sha256: str
    format: str
    warnings: tuple[str, ...] = ()
    acquisition: Mapping[str, str] = field(default_factory=dict)
    uids: Mapping[str, str] = field(default_factory=dict)
