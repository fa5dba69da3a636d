"""An independent party's own process: it cosigns the ledger's checkpoints as long as the ledger only grows."""
