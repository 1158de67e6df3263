"""Statistics of studies.

Tables of patients and of repeated measurements come in; frozen results, or the reason why there is none, go out. Knows
no image, no file and no page.
"""
