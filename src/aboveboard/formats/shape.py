"""Everything that does not fit a document's shape, all at once: for texts that people write by hand.

``msgspec`` stops at the first thing that does not fit, which is right for what machines send. Whoever writes a file
wants to hear of all of it.
"""

from typing import Any, get_args, get_type_hints

import msgspec


def misfits(value: Any, kind: Any, where: str = "") -> list[str]:
    """A sentence for each part of ``value`` (plain lists, dicts, texts, numbers) that does not fit ``kind``."""
    struct = _struct(kind)
    if struct is not None:
        return _fields(value, struct, where) if isinstance(value, dict) else [f"{where} must be a table of its own"]
    item = _item(kind)
    if item is not None and isinstance(value, list) and _struct(item) is not None:
        inside = [each for place, one in enumerate(value) for each in misfits(one, item, f"{where}[{place}]")]
        return inside or _whole(value, kind, where)
    return _whole(value, kind, where)


def _fields(value: dict[str, Any], struct: type[msgspec.Struct], where: str) -> list[str]:
    kinds = get_type_hints(struct, include_extras=True)
    fields = {field.name: field for field in msgspec.structs.fields(struct)}
    prefix = f"{where}." if where else ""
    found = [
        f"{prefix}{name} is not a field: it is misspelt, or there is no such thing" for name in value.keys() - fields
    ]
    found += [f"{prefix}{name} is missing" for name, field in fields.items() if field.required and name not in value]
    for name in fields:
        if name in value:
            found += misfits(value[name], kinds[name], prefix + name)
    return found


def _whole(value: Any, kind: Any, where: str) -> list[str]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return [f"{where}: {str(error).partition(' - at ')[0]}"]
    return []


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    bare = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    return bare if isinstance(bare, type) and issubclass(bare, msgspec.Struct) else None


def _item(kind: Any) -> Any:
    bare = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    inside = get_args(bare)
    return inside[0] if getattr(bare, "__origin__", None) is list and inside else None
