"""Signing, sealing and the keys for both. Sealing needs public keys only; unsealing and re-sealing live in modules of
their own, so that import rules can say who may do which."""
