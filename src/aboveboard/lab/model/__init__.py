"""Models that act: what they see, and what they answer. Arrays in, positions out; never a key, never a browser."""
