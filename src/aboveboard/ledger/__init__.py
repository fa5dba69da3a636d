"""The tamper-evident log: an RFC 6962 Merkle tree with C2SP tiles, checkpoints and witness cosignatures. Pure: storage
and time are passed in."""
