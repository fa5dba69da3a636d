"""Tasks on real applications, tried: ``python -m benchmarks.desktop_tasks``."""
