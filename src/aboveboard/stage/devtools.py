"""What does the page say about itself?

A small client of the browser's own debugging protocol (Chrome DevTools Protocol) over a WebSocket on loopback. The
stage uses it to open pages, to read where things are, and to read the reward: never to act in a person's place.
"""

import json
import time
import urllib.request
from contextlib import ExitStack
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from aboveboard.base.errors import Unavailable

MESSAGE_LIMIT_BYTES = 16 * 1024 * 1024


class Page:
    """The first page of the browser that debugs on ``port``. Not for use from several threads."""

    def __init__(self, port: int, *, timeout_s: float = 10.0) -> None:
        self._timeout_s = timeout_s
        self._next_id = 0
        self._open = ExitStack()
        try:
            address = _page_address(port, timeout_s)
            self._socket = self._open.enter_context(
                connect(address, max_size=MESSAGE_LIMIT_BYTES, open_timeout=timeout_s, proxy=None)
            )
        except (OSError, WebSocketException) as error:
            raise _unavailable(str(error)) from error

    def close(self) -> None:
        """Hang up; the browser stays."""
        self._open.close()

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression as JSON; promises are waited for.

        Raises :class:`Unavailable` when the page throws, or the browser does not answer in time.
        """
        answer = self._call("Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True})
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            text = details.get("exception", {}).get("description", details.get("text", "an exception"))
            raise _unavailable(f"the page said: {text[:300]}")
        return answer["result"].get("value")

    def navigate(self, url: str) -> None:
        """Open ``url`` and wait until it has loaded and been painted."""
        answer = self._call("Page.navigate", {"url": url})
        if answer.get("errorText"):
            raise _unavailable(f"{url}: {answer['errorText']}")
        end = time.monotonic() + self._timeout_s
        ready = f"document.readyState === 'complete' && location.href === {json.dumps(url)}"
        while self.evaluate(ready) is not True:
            if time.monotonic() > end:
                raise _unavailable(f"{url} did not load within {self._timeout_s:.0f} s")
            time.sleep(0.01)
        self.painted()

    def painted(self) -> None:
        """Wait until the page has drawn what it now shows: two frames."""
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")

    def _call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send one command and return its result; events in between are skipped."""
        self._next_id += 1
        try:
            self._socket.send(json.dumps({"id": self._next_id, "method": method, "params": params}))
            while True:
                message = json.loads(self._socket.recv(timeout=self._timeout_s))
                if message.get("id") == self._next_id:
                    break
        except (OSError, WebSocketException, TimeoutError) as error:
            raise _unavailable(f"{method}: {error or 'no answer'}") from error
        if "error" in message:
            raise _unavailable(f"{method}: {message['error'].get('message', '')}")
        result: dict[str, Any] = message["result"]
        return result


def _page_address(port: int, timeout_s: float) -> str:
    """The WebSocket address of the first page; the browser lists its pages as JSON."""
    end = time.monotonic() + timeout_s
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        with opener.open(f"http://127.0.0.1:{port}/json/list", timeout=timeout_s) as answer:
            pages = [target for target in json.load(answer) if target.get("type") == "page"]
        if pages:
            address: str = pages[0]["webSocketDebuggerUrl"]
            return address
        if time.monotonic() > end:
            raise _unavailable("it has no page")
        time.sleep(0.02)


def _unavailable(why: str) -> Unavailable:
    return Unavailable(
        f"the browser does not do what it is told: {why}",
        cause="it has crashed, the machine is very busy, or the page has an error",
        fix="try again; the browser's own words are in its log while the display is up",
    )
