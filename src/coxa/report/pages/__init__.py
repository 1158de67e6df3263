"""The pages that people read: report, comparison, print certificate.

Finished values and pictures come in; self-contained HTML goes out. Measures nothing.
"""
