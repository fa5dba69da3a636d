"""Text in pixels: found, read cheaply, and covered. Begin with ``reader``; ``covering`` and ``structure`` use it."""
