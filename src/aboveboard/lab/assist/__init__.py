"""A policy acts on a display while a person watches, and can take over at any moment."""
