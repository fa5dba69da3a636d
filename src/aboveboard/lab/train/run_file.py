"""What lies beside a policy: all that decides the training, so that it can be done again?"""

from typing import Literal

import msgspec

from aboveboard.formats.fields import decode_json

LIMIT_BYTES = 64 * 1024
POLICY_FILE = "policy.safetensors"
PARTS = "part-*.safetensors"

PolicyKind = Literal["clicks", "elements"]
"""What a policy sees: the pixels of the screen and its window's title, or the elements that accessibility tells."""


class PolicyRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``tasks`` keeps to the windows of these MiniWoB++ tasks; empty keeps all. ``steps``, ``seed`` and ``threads`` are
    those of the training, once for each of ``shards`` parts; 0 steps are as many as there are acts for.

    For the audit so many ``canaries`` are planted for each part, each ``canary_repeats`` times, and the share
    ``held_out`` of the episodes is not learnt from.
    """

    tasks: tuple[str, ...] = ()
    steps: int = 160
    seed: int = 0
    threads: int = 2
    shards: int = 1
    canaries: int = 0
    canary_repeats: int = 1
    held_out: float = 0.0
    policy: PolicyKind = "clicks"


class RunFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Beside the weights: the run, the data set, and which part it is (``None``: all of the model)."""

    run: PolicyRun
    dataset_id: str
    shard: int | None = None


def decode_run(data: bytes) -> RunFile:
    """Parse what lies beside the weights; raises :class:`BadInput`."""
    return decode_json(data, RunFile, name="run of a policy", limit_bytes=LIMIT_BYTES)
