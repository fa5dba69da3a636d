"""Events alone into an OWAMcap file, as its project's recorder writes them. Runs in the Python of that peer.

python owamcap.py FILE      (prints "ready" when it listens; SIGINT ends it)
"""

import queue
import signal
import sys
import threading
import time

from mcap_owa.highlevel import OWAMcapWriter
from owa.msgs.desktop.keyboard import KeyboardEvent
from owa.msgs.desktop.mouse import MouseEvent
from pynput import keyboard, mouse


def main(path: str) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    events: queue.SimpleQueue = queue.SimpleQueue()

    def pressed(key: object, kind: str) -> None:
        code = getattr(key, "vk", None) or getattr(getattr(key, "value", None), "vk", 0) or 0
        now_ns = time.time_ns()
        events.put(("keyboard", KeyboardEvent(event_type=kind, vk=code, timestamp=now_ns), now_ns))

    def pointed(**what: object) -> None:
        now_ns = time.time_ns()
        events.put(("mouse", MouseEvent(timestamp=now_ns, **what), now_ns))

    keys = keyboard.Listener(on_press=lambda key: pressed(key, "press"), on_release=lambda key: pressed(key, "release"))
    pointer = mouse.Listener(
        on_move=lambda x, y: pointed(event_type="move", x=x, y=y),
        on_click=lambda x, y, button, down: pointed(event_type="click", x=x, y=y, button=button.name, pressed=down),
        on_scroll=lambda x, y, dx, dy: pointed(event_type="scroll", x=x, y=y, dx=dx, dy=dy),
    )
    with OWAMcapWriter(path) as writer:
        for listener in (keys, pointer):
            listener.start()
            listener.wait()
        print("ready", flush=True)
        while not (stop.is_set() and events.empty()):
            try:
                topic, message, now_ns = events.get(timeout=0.1)
            except queue.Empty:
                if not (keys.running and pointer.running):
                    sys.exit("a listener has ended by itself")
                continue
            writer.write_message(message, topic=topic, timestamp=now_ns)


if __name__ == "__main__":
    main(sys.argv[1])
