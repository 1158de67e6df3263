"""The pages of a study: tables, figures, the methods paragraph.

Results of statistics come in; self-contained HTML goes out. Computes no statistic.
"""
