"""Ids, clock and errors: what every place needs and nothing more. Standard library only."""
