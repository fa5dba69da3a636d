"""The disclosure that ``aboveboard run`` ships, as it would be published."""

from importlib import resources

from aboveboard.formats import disclosure
from aboveboard.formats.disclosure import Disclosure

SHIPPED = resources.files("aboveboard.commands").joinpath("run_disclosure.toml").read_text(encoding="utf-8")


def published(toml: str = SHIPPED, version: int = 1) -> Disclosure:
    return disclosure.publish(
        disclosure.parse_draft(toml),
        version=version,
        published_at_ns=1,
        keyholder_key="ed25519:" + "k" * 43,
        lease_key="ed25519:" + "l" * 43,
    )
