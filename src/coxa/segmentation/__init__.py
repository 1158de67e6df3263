"""Volume in, Segmentation out: one protocol, a visible dict of back-ends."""
