"""Tasks on real applications: how each begins, how it can be done, and what must have come of it. Records nothing."""
