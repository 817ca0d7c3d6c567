"""Butik: store operations that never stop."""

__version__ = "0.1.0"
