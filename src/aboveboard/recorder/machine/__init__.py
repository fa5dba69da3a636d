"""What the machine says of itself: whether its screen is locked, whether it sleeps, its battery, its network."""
