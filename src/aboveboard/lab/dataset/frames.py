"""Which pixels does this frame have, of however many there are?

Random access in bounded memory: for each frame 20 bytes, for each band 48 say where it lies; the media files are opened
in parts (64 KiB each), only as many at once as :data:`FILES_KEPT`, and of unpacked bands the last ones are kept. What
is read is checked against its name.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aboveboard.base.errors import NotFound, Refused, Tampered
from aboveboard.replay.bands import Band, Picture, count_bands, picture_name, rows_of_band, unpack_band
from aboveboard.replay.pixels import Pixels

FILES_KEPT = 32
KEPT_BYTES = 96 * 1024 * 1024
"""How much of unpacked bands is kept: fifteen screens of 1920×1080, if all were different."""


class Parts(Protocol):
    """A file that is read in parts."""

    def read(self, offset: int, size_bytes: int) -> bytes: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class _Listed:
    """One person's frames and bands, as arrays."""

    sizes: NDArray[np.int32]
    first_band: NDArray[np.int32]
    bands: NDArray[np.int32]
    digests: NDArray[np.uint8]
    media: NDArray[np.int32]
    offsets: NDArray[np.int64]
    size_bytes: NDArray[np.int32]
    files: Sequence[str]


class Frames:
    """The frames of a data set. ``listed`` has a table of frames, one of bands, and the media files, per person.

    ``open_parts`` opens a media file; ``check`` raises :class:`Refused` when nothing may be read any more. Safe to use
    from one thread at a time; close it with :meth:`close`.
    """

    def __init__(
        self,
        listed: Sequence[tuple[pa.Table, pa.Table, Sequence[str]]],
        open_parts: Callable[[str], Parts],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._check = check
        self._people = [_list(*one) for one in listed]
        self._open_parts = open_parts
        self._open: OrderedDict[str, Parts] = OrderedDict()
        self._kept: OrderedDict[bytes, Pixels] = OrderedDict()
        self._kept_bytes = 0
        names = [_keys(table.column("sha256").to_pylist()) for table, _, _ in listed]
        self._keys = np.concatenate(names) if names else np.empty(0, np.uint64)
        self._person = np.repeat(np.arange(len(names), dtype=np.int32), [len(one) for one in names])
        self._row = np.concatenate([np.arange(len(one), dtype=np.int32) for one in names]) if names else self._person
        order = np.argsort(self._keys, kind="stable")
        self._keys, self._person, self._row = self._keys[order], self._person[order], self._row[order]

    @property
    def kept_bytes(self) -> int:
        """How much of unpacked bands is in memory now; at most :data:`KEPT_BYTES`."""
        return self._kept_bytes

    def __len__(self) -> int:
        return len(self._keys)

    def read(self, sha256: str) -> Pixels:
        """The frame of that name as ``(height, width, 3)`` RGB; raises :class:`NotFound`, :class:`Tampered`."""
        self._check_or_forget()
        one, bands, digests, (width, height) = self._bands_of(sha256)
        rows = [
            self._unpacked(one, int(band), digest, rows_of_band(height, number), width)
            for number, (band, digest) in enumerate(zip(bands, digests, strict=True))
        ]
        return np.concatenate(rows)

    def packed(self, sha256: str) -> Picture:
        """The frame of that name as it rests, in packed bands; raises :class:`NotFound`, :class:`Tampered`."""
        self._check_or_forget()
        one, places, digests, (width, height) = self._bands_of(sha256)
        data = [self._checked(one, int(place), digest) for place, digest in zip(places, digests, strict=True)]
        return Picture(width, height, tuple(Band(*pair) for pair in zip(digests, data, strict=True)))

    def _check_or_forget(self) -> None:
        try:
            self._check()
        except Refused:
            self._kept.clear()
            raise

    def size(self, sha256: str) -> tuple[int, int]:
        """Width and height of a frame in pixels; raises :class:`NotFound`."""
        one, row = self._find(sha256)
        width, height = one.sizes[row]
        return int(width), int(height)

    def _find(self, sha256: str) -> tuple[_Listed, int]:
        key = _keys([sha256])[0]
        at = int(np.searchsorted(self._keys, key))
        if at == len(self._keys) or self._keys[at] != key:
            raise NotFound(
                f"there is no frame {sha256[:16]}… in this data set",
                cause="the name is of another data set, or its person was erased",
                fix="take the names from this data set's own steps",
            )
        return self._people[int(self._person[at])], int(self._row[at])

    def _bands_of(self, sha256: str) -> tuple[_Listed, NDArray[np.int32], list[bytes], tuple[int, int]]:
        """Whose frame it is, the places of its bands, their names, and its width and height, checked by its name."""
        one, row = self._find(sha256)
        bands = one.bands[one.first_band[row] : one.first_band[row + 1]]
        width, height = (int(side) for side in one.sizes[row])
        digests = [one.digests[band].tobytes() for band in bands]
        if picture_name(width, height, digests) != sha256 or len(bands) != count_bands(height):
            raise _untrue(sha256)
        return one, bands, digests, (width, height)

    def close(self) -> None:
        """Close the media files; the next :meth:`read` opens what it needs again."""
        self._kept.clear()
        self._kept_bytes = 0
        while self._open:
            self._open.popitem()[1].close()

    def _unpacked(self, one: _Listed, band: int, digest: bytes, rows: int, width: int) -> Pixels:
        """A band's pixels. The last ones are kept, since most of a screen is as it was in the frames around."""
        kept = self._kept.get(digest)
        if kept is not None and kept.shape == (rows, width, 3):
            self._kept.move_to_end(digest)
            return kept
        data = self._checked(one, band, digest)
        pixels = self._kept[digest] = unpack_band(data, rows, width)
        self._kept_bytes += pixels.nbytes - (kept.nbytes if kept is not None else 0)
        while self._kept_bytes > KEPT_BYTES:
            self._kept_bytes -= self._kept.popitem(last=False)[1].nbytes
        return pixels

    def _checked(self, one: _Listed, band: int, digest: bytes) -> bytes:
        """The packed bytes of a band; raises :class:`Tampered` where they are not what its name says."""
        data = self._packed(one, band)
        if hashlib.sha256(data).digest() != digest:
            raise _untrue(digest.hex())
        return data

    def _packed(self, one: _Listed, band: int) -> bytes:
        name = one.files[int(one.media[band])]
        file = self._open.get(name)
        if file is None:
            file = self._open[name] = self._open_parts(name)
            if len(self._open) > FILES_KEPT:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(name)
        return file.read(int(one.offsets[band]), int(one.size_bytes[band]))


def _untrue(sha256: str) -> Tampered:
    return Tampered(
        f"the frame or band {sha256[:16]}… of this data set cannot be trusted: its content is not what its name says",
        cause="it was damaged or changed after it was derived",
        fix="derive it again under its grant",
    )


def _list(frames: pa.Table, bands: pa.Table, files: Sequence[str]) -> _Listed:
    chunks = frames.column("bands").chunks
    counts = [np.diff(chunk.offsets.to_numpy()) for chunk in chunks]
    values = [chunk.flatten().to_numpy() for chunk in chunks]
    sizes = np.stack([frames.column(side).to_numpy() for side in ("width", "height")], axis=1)
    digests = b"".join(bands.column("sha256").to_pylist())
    return _Listed(
        sizes=sizes,
        first_band=np.concatenate([[0], *counts]).cumsum().astype(np.int32),
        bands=np.concatenate([np.empty(0, np.int32), *values]),
        digests=np.frombuffer(digests, np.uint8).reshape(-1, 32),
        media=bands.column("media").to_numpy(),
        offsets=bands.column("offset").to_numpy(),
        size_bytes=bands.column("size_bytes").to_numpy(),
        files=files,
    )


def _keys(names: Sequence[str]) -> NDArray[np.uint64]:
    """The first eight bytes of each name; what is read is checked against all of it."""
    heads = (int(name[:16], 16) if len(name) == 64 else 0 for name in names)
    return np.fromiter(heads, np.uint64, len(names))
