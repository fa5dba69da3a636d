"""What does the page of a data set answer?

``docs/spec/dataset-page.md`` lists the paths. Everything under ``/api`` but signing in needs what ``wire.page_guard``
asks for, and every answer is one of ``Shown``'s: given only while the grant holds. Nothing can be changed from it.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Protocol

from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from aboveboard.wire.page import create_page
from aboveboard.wire.page_guard import Guarded, GuardedApp

FOLDER: Final = Path(__file__).parent / "static"
DATASET_PAGE: Final = Guarded("lab", "a data set", "aboveboard lab view")


class Answering(Protocol):
    """Where the answers come from: ``lab.page.shown.Shown``."""

    def standing(self) -> dict[str, Any]: ...

    def about(self) -> dict[str, Any]: ...

    def episodes(self, first: int, words: str, rule: str) -> dict[str, Any]: ...

    def episode(self, number: int, rule: str) -> dict[str, Any]: ...

    def trainings(self) -> list[dict[str, Any]]: ...

    def frame(self, sha256: str) -> bytes: ...


First = Annotated[int, QueryParameter(ge=0, le=2**31 - 1)]
Words = Annotated[str, QueryParameter(max_length=200)]


def create_app(shown: Answering, token: str, *, static: Path = FOLDER) -> GuardedApp:
    """The page's application. ``token`` is part of the address that is printed (``page_guard.new_token``).

    Raises :class:`SetupMissing` if there is no built page in ``static``.
    """

    @get("/standing", sync_to_thread=True)
    def standing() -> dict[str, Any]:
        return shown.standing()

    @get("/about", sync_to_thread=True)
    def about() -> dict[str, Any]:
        return shown.about()

    @get("/episodes", sync_to_thread=True)
    def episodes(first: First = 0, words: Words = "", rule: Words = "person") -> dict[str, Any]:
        return shown.episodes(first, words, rule)

    @get("/episodes/{number:int}", sync_to_thread=True)
    def episode(number: FromPath[int], rule: Words = "person") -> dict[str, Any]:
        return shown.episode(number, rule)

    @get("/trainings", sync_to_thread=True)
    def trainings() -> list[dict[str, Any]]:
        return shown.trainings()

    @get("/frames/{sha256:str}", sync_to_thread=True)
    def frame(sha256: FromPath[str]) -> Response[bytes]:
        return Response(shown.frame(sha256), media_type="image/png")

    return create_page(DATASET_PAGE, [standing, about, episodes, episode, trainings, frame], token, static=static)
