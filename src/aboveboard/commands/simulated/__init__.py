"""How does a whole fleet behave, on one machine? Many recorders' control side against real vaults, from one process."""
