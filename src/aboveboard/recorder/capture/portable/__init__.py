"""Any desktop that can be asked again and again: Windows, macOS, and X11 where that is to be compared with them."""
