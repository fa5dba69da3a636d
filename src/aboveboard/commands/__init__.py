"""Thin command lines: each reads its words, calls one place, and prints what came of it."""
