"""The peer: a flag, and nothing else. ``python -m benchmarks.control.peer PORT``"""

import asyncio
import json
import sys
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

BODY = json.dumps({"flag": "recording", "value": True, "variant": "on", "reason": "STATIC"}).encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    server = Server(
        app,
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        log_enabled=False,
        backlog=2048,
    )
    asyncio.run(server.serve())
