"""Aboveboard records people's computer work with their consent and turns it into training data.

The folders are places where code runs; see ``docs/architecture.md``.
"""

__version__ = "0.1.0"
