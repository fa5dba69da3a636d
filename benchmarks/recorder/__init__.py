"""What does this recorder cost and keep, beside its peers, in the same run? See ``docs/benchmarks.md``."""
