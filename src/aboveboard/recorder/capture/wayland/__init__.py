"""Wayland: what the desktop's portals give, and what no program is given."""
