"""How does a panel show our menu? (com.canonical.dbusmenu)

The panel reads the layout when it is about to show it; we only say that there is a new one.
"""

from collections.abc import Callable
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from aboveboard.recorder.tray.menu import Action, Item, find

MENU, MENU_PATH = "com.canonical.dbusmenu", "/MenuBar"
_VERSION = 3
_DEEPEST = 4


class DBusMenu:
    """The menu at ``MENU_PATH``. ``chosen`` is called with what the person chose."""

    def __init__(self, items: tuple[Item, ...], chosen: Callable[[Action], None]) -> None:
        self._items = items
        self._chosen = chosen
        self._revision = 1
        self._bus: MessageBus | None = None

    def connect(self, bus: MessageBus) -> None:
        """Say on this bus when the menu changes."""
        self._bus = bus

    def show(self, items: tuple[Item, ...]) -> None:
        """From now on this is the menu."""
        if items == self._items:
            return
        self._items = items
        self._revision += 1
        if self._bus is not None and self._bus.connected:
            self._bus.send(
                Message(
                    message_type=MessageType.SIGNAL,
                    path=MENU_PATH,
                    interface=MENU,
                    member="LayoutUpdated",
                    signature="ui",
                    body=[self._revision, 0],
                )
            )

    def answer(self, message: Message) -> Message | None:
        """The answer to a call; ``None`` for one that is not known."""
        body = message.body
        match message.interface, message.member:
            case "org.freedesktop.DBus.Properties", "GetAll":
                return Message.new_method_return(message, "a{sv}", [_facts()])
            case "org.freedesktop.DBus.Properties", "Get" if body[1] in _facts():
                return Message.new_method_return(message, "v", [_facts()[body[1]]])
            case "com.canonical.dbusmenu", "GetLayout":
                return self._layout(message)
            case "com.canonical.dbusmenu", "GetGroupProperties":
                items = [(number, self._properties(number)) for number in body[0][:200]]
                known = [[number, properties] for number, properties in items if properties is not None]
                return Message.new_method_return(message, "a(ia{sv})", [known])
            case "com.canonical.dbusmenu", "GetProperty":
                value = (self._properties(body[0]) or {}).get(body[1])
                return None if value is None else Message.new_method_return(message, "v", [value])
            case "com.canonical.dbusmenu", "Event":
                self._event(body[0], body[1])
                return Message.new_method_return(message)
            case "com.canonical.dbusmenu", "EventGroup":
                for number, event, *_ in body[0][:200]:
                    self._event(number, event)
                return Message.new_method_return(message, "ai", [[]])
            case "com.canonical.dbusmenu", "AboutToShow":
                return Message.new_method_return(message, "b", [False])
            case "com.canonical.dbusmenu", "AboutToShowGroup":
                return Message.new_method_return(message, "aiai", [[], []])
        return None

    def _layout(self, message: Message) -> Message | None:
        parent, depth = message.body[0], message.body[1]
        root = Item(0, "menu", children=self._items) if parent == 0 else find(self._items, parent)
        if root is None:
            return None
        tree = _tree(root, _DEEPEST if depth < 0 else min(depth, _DEEPEST))
        return Message.new_method_return(message, "u(ia{sv}av)", [self._revision, tree])

    def _properties(self, number: int) -> dict[str, Variant] | None:
        if number == 0:
            return {"children-display": Variant("s", "submenu")}
        item = find(self._items, number)
        return None if item is None else _properties_of(item)

    def _event(self, number: int, event: str) -> None:
        item = find(self._items, number)
        if event == "clicked" and item is not None and item.action is not None and item.enabled:
            self._chosen(item.action)


def _tree(item: Item, depth: int) -> list[Any]:
    children = [Variant("(ia{sv}av)", _tree(child, depth - 1)) for child in item.children] if depth > 0 else []
    return [item.item_id, _properties_of(item), children]


def _properties_of(item: Item) -> dict[str, Variant]:
    if item.separator:
        return {"type": Variant("s", "separator")}
    properties = {"label": Variant("s", item.label.replace("_", "__"))}
    if not item.enabled:
        properties["enabled"] = Variant("b", False)
    if item.children:
        properties["children-display"] = Variant("s", "submenu")
    return properties


def _facts() -> dict[str, Variant]:
    return {
        "Version": Variant("u", _VERSION),
        "TextDirection": Variant("s", "ltr"),
        "Status": Variant("s", "normal"),
        "IconThemePath": Variant("as", []),
    }
