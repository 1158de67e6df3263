"""Independent checks of segmented bones against anatomy: one file a check, each a pure function.

A :class:`~coxa.segmentation.checks.scene.CheckedBones` comes in (labels and densities on a coarse grid); a
:class:`~coxa.labels.Finding` goes out. Knows no back-end and no landmarks. Each check's limits stand at the
top of its file, with their source; ``docs/quality.md`` repeats them.
"""
