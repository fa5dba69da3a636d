"""A place to act: a display, a real browser on small tasks, and a scripted person at work. Records nothing."""
