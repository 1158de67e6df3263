"""The cup: where it should be, which sizes there are, which one is best, and what supports it.

The measured case, bone surfaces and a target come in; a planned cup with its metrics goes out. Knows no augment.
"""
