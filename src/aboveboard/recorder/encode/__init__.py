"""From clean items to the plain bytes of one segment, in memory."""
