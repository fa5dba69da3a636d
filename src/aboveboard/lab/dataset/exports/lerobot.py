"""How does a data set look to those who read LeRobot v3?

Episodes of frames at even distances, each with a vector: so each step is a frame, one a second by its ``timestamp``,
with its own time in ``time_ns``. The vector ``action`` is the kind (its place in :data:`KINDS`), begin and end as
shares of the picture, the button, and the wheel; what is text is in columns of text.
"""

import io
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.dataset.exports.hugging_face import IMAGE
from aboveboard.lab.dataset.exports.report import Pngs, Put, Report, episodes, words
from aboveboard.lab.dataset.read import Dataset

FILE_BYTES = 64 * 1024 * 1024
FILES_A_CHUNK = 1000
FPS = 1
SCREEN = "observation.images.screen"
KINDS = ("click", "double_click", "drag", "scroll", "type", "key", "shortcut", "choose", "switch")
NAMES = ["kind", "x", "y", "end_x", "end_y", "button", "scroll_dx", "scroll_dy"]
_TEXTS = ("action.text", "action.key", "action.words", "observation.app", "observation.title")
_FLOATS = pa.list_(pa.float32())
DATA = pa.schema(
    [
        pa.field(SCREEN, IMAGE),
        pa.field("action", _FLOATS),
        *(pa.field(name, pa.string()) for name in _TEXTS),
        pa.field("time_ns", pa.int64()),
        pa.field("timestamp", pa.float32()),
        *(pa.field(name, pa.int64()) for name in ("frame_index", "episode_index", "index", "task_index")),
    ]
)
EPISODES = pa.schema(
    [
        pa.field("episode_index", pa.int64()),
        pa.field("tasks", pa.list_(pa.string())),
        pa.field("length", pa.int64()),
        pa.field("data/chunk_index", pa.int64()),
        pa.field("data/file_index", pa.int64()),
        pa.field("dataset_from_index", pa.int64()),
        pa.field("dataset_to_index", pa.int64()),
        pa.field("meta/episodes/chunk_index", pa.int64()),
        pa.field("meta/episodes/file_index", pa.int64()),
    ]
)


def write(data: Dataset, put: Put, mark: str) -> Report:
    """Write the whole data set; ``mark`` is in ``meta/info.json`` and in each Parquet file."""
    writer = _Writer(data, put, mark)
    for episode, steps in episodes(data):
        writer.add(episode, steps)
    return writer.finish()


class _Writer:
    def __init__(self, data: Dataset, put: Put, mark: str) -> None:
        self._data, self._put, self._mark = data, put, mark
        self._pngs = Pngs(data)
        self._rows: list[dict[str, Any]] = []
        self._episodes: list[dict[str, Any]] = []
        self._tasks: dict[str, int] = {}
        self._size: tuple[int, int] | None = None
        self._sums = np.zeros((2, len(NAMES)))
        self._bytes = self._files = 0
        self.report = Report()

    def add(self, episode: Episode, steps: list[Step]) -> None:
        seen = [step for step in steps if step.frame_sha256 is not None]
        self.report.left_out["no_frame"] += len(steps) - len(seen)
        if not seen:
            return
        if self._bytes >= FILE_BYTES:
            self._put_data()
        task = self._tasks.setdefault(episode.instruction or "no instruction", len(self._tasks))
        first = self.report.steps
        for number, step in enumerate(seen):
            self._rows.append(self._row(step, number, task))
        chunk, file = divmod(self._files, FILES_A_CHUNK)
        self._episodes.append(
            {
                "episode_index": len(self._episodes),
                "tasks": [episode.instruction or "no instruction"],
                "length": len(seen),
                "data/chunk_index": chunk,
                "data/file_index": file,
                "dataset_from_index": first,
                "dataset_to_index": self.report.steps,
                "meta/episodes/chunk_index": 0,
                "meta/episodes/file_index": 0,
            }
        )

    def finish(self) -> Report:
        self._put_data()
        self._parquet("meta/episodes/chunk-000/file-000.parquet", pa.Table.from_pylist(self._episodes, schema=EPISODES))
        self._parquet("meta/tasks.parquet", _task_table(self._tasks))
        self._json("meta/info.json", self._info())
        self._json("meta/stats.json", self._stats())
        return self.report

    def _row(self, step: Step, number: int, task: int) -> dict[str, Any]:
        assert step.frame_sha256 is not None
        size = self._data.frames.size(step.frame_sha256)
        self._size = self._size or size
        self.report.lessened["frame_of_another_size"] += size != self._size
        self.report.lessened["element"] += step.element is not None
        self.report.lessened["site"] += bool(step.host)
        self.report.lessen_assisted(step)
        png, action = self._pngs(step.frame_sha256), action_of(step, size)
        self._sums += np.array([action, np.square(action)])
        self._bytes += len(png) + 1000
        self.report.steps += 1
        return {
            SCREEN: {"bytes": png, "path": None},
            "action": action,
            **dict(zip(_TEXTS, (step.text, step.shortcut or step.key, words(step), step.app, step.title), strict=True)),
            "time_ns": step.time_ns,
            "timestamp": number / FPS,
            "frame_index": number,
            "episode_index": len(self._episodes),
            "index": self.report.steps - 1,
            "task_index": task,
        }

    def _put_data(self) -> None:
        if self._rows:
            chunk, file = divmod(self._files, FILES_A_CHUNK)
            table = pa.Table.from_pylist(self._rows, schema=DATA)
            self._parquet(f"data/chunk-{chunk:03}/file-{file:03}.parquet", table)
            self._files += 1
            self._rows, self._bytes = [], 0

    def _parquet(self, path: str, table: pa.Table) -> None:
        stream = io.BytesIO()
        kept = table.schema.metadata or {}
        marked = table.replace_schema_metadata({**kept, b"aboveboard": self._mark.encode()})
        pq.write_table(marked, stream, compression="zstd")
        self._put(path, stream.getvalue())
        self.report.files += 1

    def _json(self, path: str, document: dict[str, Any]) -> None:
        self._put(path, json.dumps(document, indent=2).encode())
        self.report.files += 1

    def _info(self) -> dict[str, Any]:
        width, height = self._size or (0, 0)
        plain = {"dtype": "int64", "shape": [1], "names": None}
        return {
            "codebase_version": "v3.0",
            "robot_type": "desktop",
            "total_episodes": len(self._episodes),
            "total_frames": self.report.steps,
            "total_tasks": len(self._tasks),
            "chunks_size": FILES_A_CHUNK,
            "fps": FPS,
            "splits": {"train": f"0:{len(self._episodes)}"},
            "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
            "video_path": None,
            "features": {
                SCREEN: {"dtype": "image", "shape": [height, width, 3], "names": ["height", "width", "channels"]},
                "action": {"dtype": "float32", "shape": [len(NAMES)], "names": NAMES},
                **{name: {"dtype": "string", "shape": [1], "names": None} for name in _TEXTS},
                "timestamp": {"dtype": "float32", "shape": [1], "names": None},
                **dict.fromkeys(("time_ns", "frame_index", "episode_index", "index", "task_index"), plain),
            },
            "aboveboard": self._mark,
            "kinds": KINDS,
        }

    def _stats(self) -> dict[str, Any]:
        count = max(1, self.report.steps)
        mean = self._sums[0] / count
        spread = np.sqrt(np.maximum(self._sums[1] / count - mean**2, 0))
        return {"action": {"mean": mean.tolist(), "std": spread.tolist(), "count": [self.report.steps]}}


def action_of(step: Step, size: tuple[int, int]) -> list[float]:
    """The vector of a step: :data:`NAMES`; -1 where there is no position, 0 where there is no button."""
    places = [(step.x, size[0]), (step.y, size[1]), (step.end_x, size[0]), (step.end_y, size[1])]
    shares = [-1.0 if place is None else place / side for place, side in places]
    return [float(KINDS.index(step.action)), *shares, float(step.button or 0), step.scroll_dx, step.scroll_dy]


def _task_table(tasks: dict[str, int]) -> pa.Table:
    """The instructions as the index of a table, as pandas writes it: that is how the reader finds them."""
    index = "__index_level_0__"
    columns = [(index, "unicode", "object"), ("task_index", "int64", "int64")]
    pandas = {
        "index_columns": [index],
        "column_indexes": [],
        "columns": [
            {
                "name": None if name == index else name,
                "field_name": name,
                "pandas_type": kind,
                "numpy_type": numpy,
                "metadata": None,
            }
            for name, kind, numpy in columns
        ],
        "pandas_version": "2.2.0",
    }
    table = pa.table({"task_index": pa.array(tasks.values(), pa.int64()), index: pa.array(tasks, pa.string())})
    return table.replace_schema_metadata({b"pandas": json.dumps(pandas).encode()})
