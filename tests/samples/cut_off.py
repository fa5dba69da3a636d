"""A process that ends in the middle of writing to the disk."""

import os
from collections.abc import Callable

import pytest


class Cut(BaseException):
    """The process ends here."""


STEPS = ("write", "fsync", "rename", "unlink", "rmdir", "open")


def cut_at(patch: pytest.MonkeyPatch, count: int) -> None:
    """Let ``count`` of the calls that change the disk happen, and not one more: nor what would tidy up after them."""
    left = [count]

    def counted(original: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                raise Cut
            return original(*arguments, **options)

        return call

    for name in STEPS:
        patch.setattr(os, name, counted(getattr(os, name)))
