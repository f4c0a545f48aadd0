"""The part of JSON Schema that the manifest's schema uses."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from typing import Any

from bot.workspace.errors import Json
from bot.workspace.method_facts import PUBLISHED

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


@functools.cache
def manifest_schema() -> Json:
    """Slack's official schema of app manifests, version 2."""
    loaded: Json = json.loads((PUBLISHED / "manifest.schema.2.0.0.json").read_text())
    return loaded


def manifest_errors(manifest: Any) -> list[Json]:
    """What is wrong with a manifest: `{"message", "pointer"}` each; empty when it is valid."""
    schema = manifest_schema()
    return [
        {"message": message, "pointer": pointer}
        for pointer, message in violations(manifest, schema, schema, "")
    ]


def violations(value: Any, schema: Json, whole: Json, at: str) -> Iterator[tuple[str, str]]:
    """Pointer and message of everything in `value` that `schema` forbids."""
    if "$ref" in schema:
        target: Any = whole
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part] if part and part != "#" else target
        yield from violations(value, target, whole, at)
        return
    if "anyOf" in schema:
        tried = [list(violations(value, option, whole, at)) for option in schema["anyOf"]]
        if all(tried):
            yield from min(tried, key=len)
            return
    kinds = schema.get("type")
    if kinds and not _is_one_of(value, kinds if isinstance(kinds, list) else [kinds]):
        yield at or "/", f"must be of type {kinds}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield at or "/", f"must be one of {schema['enum']}"
    if isinstance(value, str):
        yield from _text_violations(value, schema, at)
    elif isinstance(value, list):
        yield from _list_violations(value, schema, whole, at)
    elif isinstance(value, dict):
        yield from _object_violations(value, schema, whole, at)


def _is_one_of(value: Any, kinds: list[str]) -> bool:
    if isinstance(value, bool):
        return "boolean" in kinds
    return any(isinstance(value, _TYPES[kind]) for kind in kinds)


def _text_violations(value: str, schema: Json, at: str) -> Iterator[tuple[str, str]]:
    if len(value) > schema.get("maxLength", len(value)):
        yield at, f"must be at most {schema['maxLength']} characters"
    if len(value) < schema.get("minLength", 0):
        yield at, f"must be at least {schema['minLength']} characters"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield at, f"must match {schema['pattern']}"


def _list_violations(
    value: list[Any], schema: Json, whole: Json, at: str
) -> Iterator[tuple[str, str]]:
    if len(value) > schema.get("maxItems", len(value)):
        yield at, f"must have at most {schema['maxItems']} items"
    if len(value) < schema.get("minItems", 0):
        yield at, f"must have at least {schema['minItems']} items"
    if schema.get("uniqueItems") and len({json.dumps(v, sort_keys=True) for v in value}) < len(
        value
    ):
        yield at, "must not repeat an item"
    if isinstance(schema.get("items"), dict):
        for number, item in enumerate(value):
            yield from violations(item, schema["items"], whole, f"{at}/{number}")


def _object_violations(
    value: Json, schema: Json, whole: Json, at: str
) -> Iterator[tuple[str, str]]:
    known = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at}/{name}", "is required"
    for name, inside in value.items():
        matching = [s for pattern, s in patterns.items() if re.search(pattern, name)]
        extra = schema.get("additionalProperties", True)
        if name in known:
            matching.append(known[name])
        elif not matching and isinstance(extra, dict):
            matching.append(extra)
        elif not matching and extra is False:
            yield f"{at}/{name}", "is not a known property"
        for part in matching:
            yield from violations(inside, part, whole, f"{at}/{name}")
