"""One recording of three real applications, from the display to the film: ``python -m benchmarks.session FOLDER``."""
