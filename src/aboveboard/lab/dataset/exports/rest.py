"""How does an export come to rest, and how is it opened again?

Sealed to the researcher's key, file by file, with a lineage of the kind ``export``: so an erasure reaches it as it
reaches the data set. A trainer needs plain files: :func:`unpack` writes them where they are gone when the machine is
switched off, and elsewhere only if it is told to.
"""

import hashlib
import io
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from aboveboard.base.errors import BadInput, Conflict, Tampered
from aboveboard.lab import lineage, marks
from aboveboard.lab.dataset.exports import agentnet, hugging_face, lerobot, owamcap
from aboveboard.lab.dataset.exports.report import Put, Report
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.dataset.write import put_into
from aboveboard.lab.files import LINEAGE_FILE
from aboveboard.lab.open import open_own_file
from aboveboard.lab.vault_port import Vault
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal import seal
from aboveboard.sealing.signatures import SigningKey

Format = Literal["agentnet", "owamcap", "lerobot", "hugging-face", "webdataset"]
WRITERS: dict[Format, Callable[[Dataset, Put, str], Report]] = {
    "agentnet": agentnet.write,
    "owamcap": owamcap.write,
    "lerobot": lerobot.write,
    "hugging-face": hugging_face.write_parquet,
    "webdataset": hugging_face.write_tars,
}
SEALED = ".age"
_GONE_WHEN_OFF = frozenset({"tmpfs", "ramfs"})


def export_dataset(
    vault: Vault, key: SigningKey, recipient: str, lab_home: Path, data: Dataset, form: Format, *, now_ns: int
) -> tuple[Path, Report]:
    """Write a data set in another format, sealed to ``recipient``; its folder, and what came along.

    Raises :class:`BadInput` for a data set that has no lineage, such as an imported one, and what ``lineage`` raises.
    """
    with lineage.draft(lab_home) as made:
        parent = lineage.read_lineage(lab_home, data.card.artefact_id)
        keep = put_into(made.folder)

        def put(path: str, plain: bytes) -> None:
            target = made.folder / path
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            keep(path + SEALED, seal(plain, [recipient]))

        report = WRITERS[form](data, put, marks.mark_of(made.artefact_id))
        pedigree = lineage.inherit(made, "export", [parent], created_at_ns=now_ns)
        return lineage.register(vault, key, made, pedigree), report


def unpack(export: Path, identity: Identity, to: Path, *, on_disk: bool = False) -> int:
    """Open every file of an export into the new folder ``to``; how many there were.

    Zip files are unpacked too, and the lineage is put beside them. Refuses a folder on a disk unless ``on_disk``: no
    erasure reaches what lies there. Raises :class:`Conflict` if ``to`` is there, :class:`Tampered` for a file that is
    not the one that was written.
    """
    if to.exists():
        raise Conflict(f"{to} is there already", cause="it was unpacked before", fix="remove it, or name a new folder")
    if not on_disk and file_system(to.absolute().parent) not in _GONE_WHEN_OFF:
        raise BadInput(
            f"{to} is on a disk, where plain recordings would outlast an erasure",
            cause="unpacked files have no seal, and nobody knows of them",
            fix="name a folder in memory, such as /dev/shm/export, or say --on-disk and remove it yourself",
        )
    pedigree = lineage.read_lineage(export.parent.parent, export.name)
    to.mkdir(mode=0o700)
    try:
        for one in pedigree.files:
            target = to / one.path.removesuffix(SEALED)
            if not target.resolve().is_relative_to(to.resolve()):
                raise Tampered(
                    f"{one.path!r} leads out of the export", cause="its lineage was changed", fix="export again"
                )
            sealed = (export / one.path).read_bytes()
            if hashlib.sha256(sealed).hexdigest() != one.sha256:
                raise Tampered(
                    f"{one.path!r} is not the file that was written", cause="it was changed", fix="export again"
                )
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            plain = open_own_file(sealed, identity)
            if target.suffix == ".zip":
                with zipfile.ZipFile(io.BytesIO(plain)) as packed:
                    packed.extractall(target.parent)  # of our own making, and its names are made safe
            else:
                target.write_bytes(plain)
        shutil.copy(export / LINEAGE_FILE, to / LINEAGE_FILE)
    except BaseException:
        shutil.rmtree(to, ignore_errors=True)
        raise
    return len(pedigree.files)


def file_system(folder: Path) -> str:
    """What kind of file system a folder is on, as Linux names it; "" where it does not say."""
    found, longest = "", -1
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    place = os.path.realpath(folder)
    for line in mounts:
        _, point, kind, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        if (place == point or place.startswith(point.rstrip("/") + "/")) and len(point) >= longest:
            found, longest = kind, len(point)
    return found
