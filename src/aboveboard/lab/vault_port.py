"""What does the lab ask of the vault?

``wire.client.Client``, signing with the researcher's key, is one; a simulated or lying vault in a test is another.
"""

from typing import Protocol


class Vault(Protocol):
    """Paths are those of the HTTP API ("/v1/grants/…"); errors are raised as ours."""

    def get(self, path: str) -> bytes:
        """The answer to a GET."""

    def post(self, path: str, body: bytes) -> bytes:
        """The answer to a POST of JSON."""
