"""What does this recorder cost and keep, beside its peers, in the same run? Read ``docs/benchmarks.md``, then ``run``."""
