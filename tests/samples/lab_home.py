"""What the lab's commands ask of a home, over a vault in memory."""

from pathlib import Path
from typing import Any

from samples.lab_world import LabWorld


class LabHome:
    """A researcher's home below ``root``."""

    def __init__(self, world: LabWorld, root: Path) -> None:
        self.world, self.root = world, root

    def staff_key(self, name: str) -> Any:
        return self.world.staff_key

    def staff_identity(self, name: str) -> Any:
        return self.world.identity

    def folder(self, name: str) -> Path:
        return self.root / name

    def client(self, place: str, key: Any) -> Any:
        return self.world

    def trust(self) -> Any:
        return self.world.trust
