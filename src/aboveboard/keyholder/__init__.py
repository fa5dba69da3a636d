"""Who holds the keys, and when do they leave? A process of its own: it never sees a recording, and no key of a segment
leaves it before the entry in the ledger is durable and co-signed. Read ``release.py`` first."""
