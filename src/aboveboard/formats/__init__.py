"""Every byte that crosses a boundary or rests on a disk: one file, one format. No I/O, no clock."""
