"""From steps of a data set to a trained policy. Sees arrays and steps, never a key."""
