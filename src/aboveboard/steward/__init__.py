"""The steward's machine: signs what a steward decides with the steward's own key, and holds nothing else."""
