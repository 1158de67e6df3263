"""What each stage costs at least: the time its library calls alone take on a 512 x 512 x 400 CT.

Measured on two cores with the versions of late 2026; treat ratios under 1.5 as ties. A stage without a floor does
nothing that a library call would do.
"""

FLOOR_S = {
    "load": 0.41,  # pydicom, 400 uncompressed slices
    "segment": 0.29 + 1.2 + 0.4,  # components (SimpleITK), closing by distance, watershed on the joint crop
    "surfaces": 0.14 + 0.47,  # flying edges, 18.6 Mvoxel; 20 Taubin iterations
    "landmarks": 2 * 0.009,  # one geometric sphere fit a head
    "plan": 0.55 + 0.73 + 0.35,  # trimmed ICP, one boolean of large meshes, gyroid field with its surface
    "print check": 0.06 + 0.78,  # 100 k rays and inside tests with embree
    "write": 4.4,  # one NIfTI with gzip; report and pictures come on top
}
