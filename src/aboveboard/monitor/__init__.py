"""Anybody's own process: it follows a log and its witnesses, and raises an alarm if they are not one and the same."""
