"""Which files can a place still reach once it has started?

The embedded default runs every place as one user on one machine, where file modes keep nobody apart. So each process
gives up, for itself and all its children, every path but the system's and its own folder (Landlock, Linux 5.13+): a
vault that is taken over cannot read the keyholder's keys lying beside it, nor attach to its process.
"""

import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from landlock import FSAccess, Ruleset, landlock_abi_version

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/proc", "/sys")
"""Read and execute only."""

DEVICES = ("/dev",)
"""Read and write: /dev/null, /dev/urandom, shared memory."""


def available() -> bool:
    """Can this kernel confine a process? Where not, file modes and separate users are what is left."""
    try:
        return bool(landlock_abi_version() >= 1)
    except OSError:
        return False


def confine(*, own: Iterable[Path], read: Iterable[Path] = ()) -> bool:
    """Leave this process ``own`` (read, write) and ``read`` (read only) beside the system; there is no way back.

    ``own`` folders must exist. Returns False, having changed nothing, where the kernel cannot do it. Every thread that
    is started afterwards is confined too, so call it before any other thread runs.
    """
    if not available():
        return False
    readable = FSAccess.EXECUTE | FSAccess.READ_FILE | FSAccess.READ_DIR
    rules = Ruleset()
    owned = [path.resolve() for path in own]
    # A path entry above our own folder (the working directory, say) would open the neighbours' too.
    python = [path for path in _python() if not any(folder.is_relative_to(path) for folder in owned)]
    for path in (*SYSTEM, *python, *map(str, read)):
        _allow(rules, path, readable)
    for path in (*DEVICES, *map(str, owned)):
        _allow(rules, path, FSAccess.all())
    rules.apply()
    return True


def _allow(rules: Ruleset, path: str, access: FSAccess) -> None:
    place = Path(path)
    if place.is_file():
        access &= FSAccess.all_file()
    if place.exists():
        rules.allow(path, rules=access)


def _python() -> set[str]:
    """Where the interpreter, its libraries and this package lie."""
    found = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *sys.path}
    found.add(str(Path(__file__).resolve().parents[2]))
    return {path for path in found if path and path != "/" and Path(path).is_absolute()}
