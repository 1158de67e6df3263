"""Surfaces in, landmarks out: one file per landmark group."""
