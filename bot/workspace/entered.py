"""What somebody enters into the fields of a modal or chooses in an element, as Slack takes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from bot.workspace.errors import Json
from bot.workspace.rich_text import check_rich_text
from bot.workspace.views import View

_REQUIRED = "Please complete this required field."
_TEXT_CHARS = 3_000
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_TEXT_FIELDS = ("plain_text_input", "email_text_input", "url_text_input", "number_input")
_MANY = ("checkboxes", "multi_static_select", "multi_external_select")
_ONE = ("static_select", "external_select", "radio_buttons", "overflow")
_IDS = {
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
}
_MOMENTS = {
    "datepicker": ("selected_date", r"\d{4}-\d\d-\d\d"),
    "timepicker": ("selected_time", r"\d\d:\d\d"),
}


_NO_FILES: Mapping[str, Json] = MappingProxyType({})
_MOST_FILES = 10


class NotOffered(Exception):
    """The element does not let anybody choose this."""


def options_of(element: Json) -> list[Json]:
    """Every option an element offers, of all its groups."""
    groups = element.get("option_groups") or ()
    return [*element.get("options", ()), *(o for group in groups for o in group["options"])]


def parse_chosen(
    element: Json, given: Mapping[str, Any], files: Mapping[str, Json] = _NO_FILES
) -> Json:
    """What somebody chose in an element, as an action carries it; only what belongs to its type.

    Options must be the element's own, except where the app loads them (`external_select`). files:
    the file objects by id that they have uploaded, and can name in a `file_input`.

    Raises:
        NotOffered: it offers no such thing; the text says what it wants.
    """
    kind = element["type"]
    if kind in _ONE:
        option = given.get("selected_option")
        return {"selected_option": None if option is None else _option(element, option)}
    if kind in _MANY:
        chosen = given.get("selected_options") or []
        if not isinstance(chosen, list):
            raise NotOffered("selected_options must be a list")
        return {"selected_options": [_option(element, option) for option in chosen]}
    if kind in _IDS:
        return {_IDS[kind]: _ids(_IDS[kind], given.get(_IDS[kind]))}
    if kind in _MOMENTS:
        name, form = _MOMENTS[kind]
        moment = given.get(name)
        if moment is not None and not (isinstance(moment, str) and re.fullmatch(form, moment)):
            raise NotOffered(f"{name} has another form")
        return {name: moment}
    if kind == "datetimepicker":
        seconds = given.get("selected_date_time")
        if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int)):
            raise NotOffered("selected_date_time must be whole seconds")
        return {"selected_date_time": seconds}
    if kind == "feedback_buttons":
        return _side(element, given)
    if kind == "rich_text_input":
        return {"rich_text_value": _rich_text(given.get("rich_text_value"))}
    if kind == "file_input":
        return {"files": _files(given.get("files"), files)}
    if kind in _TEXT_FIELDS:
        value = given.get("value")
        if value is not None and not isinstance(value, str):
            raise NotOffered("value must be a text")
        return {"value": value or None}
    return {}


def entered_values(
    view: View, given: Mapping[str, Any], files: Mapping[str, Json] = _NO_FILES
) -> tuple[Json, dict[str, str]]:
    """A modal's `state.values` from what was entered, and what is wrong with it by block id.

    given: `{block_id: {action_id: {...}}}`; a field that is not named counts as left empty. files:
    the file objects by id that this person has uploaded.
    """
    values: Json = {}
    problems: dict[str, str] = {}
    for block in view.content["blocks"]:
        if block["type"] != "input":
            continue
        element, block_id = block["element"], block["block_id"]
        of_block = given.get(block_id)
        state = of_block.get(element["action_id"]) if isinstance(of_block, Mapping) else None
        try:
            chosen = parse_chosen(element, state if isinstance(state, Mapping) else {}, files)
        except NotOffered as error:
            problems[block_id] = f"This cannot be chosen here: {error}."
            continue
        entered = next(iter(chosen.values()), None)
        if entered in (None, "", []):
            if not block.get("optional"):
                problems[block_id] = _REQUIRED
        elif wrong := _wrong(element, entered):
            problems[block_id] = wrong
        values[block_id] = {element["action_id"]: {"type": element["type"], **chosen}}
    return values, problems


def files_in(values: Json) -> list[str]:
    """The ids of the files in a modal's `state.values`."""
    held = (state.get("files", ()) for block in values.values() for state in block.values())
    return [file["id"] for files in held for file in files]


def _rich_text(given: Any) -> Json | None:
    if not isinstance(given, dict):
        return None
    if given.get("type") != "rich_text" or any(check_rich_text(given, "")):
        raise NotOffered("rich_text_value must be a rich text")
    return given if any(block["elements"] for block in given["elements"]) else None


def _files(given: Any, held: Mapping[str, Json]) -> list[Json]:
    if given is None:
        return []
    ids = [f.get("id") for f in given if isinstance(f, Mapping)] if isinstance(given, list) else []
    if not isinstance(given, list) or len(ids) != len(given):
        raise NotOffered("files must be a list of files")
    found = [held.get(i) if isinstance(i, str) else None for i in ids]
    there = [file for file in found if file is not None]
    if len(there) != len(found):
        raise NotOffered("there is no such file")
    return there


def _option(element: Json, given: Any) -> Json:
    value = given.get("value") if isinstance(given, Mapping) else None
    if element["type"] in ("external_select", "multi_external_select"):
        if not isinstance(value, str) or not isinstance(given.get("text"), Mapping):
            raise NotOffered("an option has a text and a value")
        return dict(given)
    found = next((option for option in options_of(element) if option["value"] == value), None)
    if found is None:
        raise NotOffered(f"there is no option {value!r}")
    return dict(found)


def _ids(name: str, given: Any) -> Any:
    if given is None or (isinstance(given, str) and not name.endswith("s")):
        return given
    many = isinstance(given, list) and all(isinstance(one, str) for one in given)
    if many and name.endswith("s"):
        return given
    raise NotOffered(f"{name} must be " + ("ids" if name.endswith("s") else "an id"))


def _side(element: Json, given: Mapping[str, Any]) -> Json:
    for name in ("positive_button", "negative_button"):
        side = element[name]
        if side["value"] == given.get("value"):
            return {"text": side["text"], "value": side["value"]}
    raise NotOffered("value must be one of its two buttons'")


def _wrong(element: Json, entered: Any) -> str:
    if isinstance(entered, str):
        return _wrong_text(element, entered)
    return _wrong_list(element, entered) if isinstance(entered, list) else ""


def _wrong_text(element: Json, text: str) -> str:
    kind = element["type"]
    if kind == "email_text_input" and not _EMAIL.fullmatch(text):
        return "Enter an email address."
    if kind == "url_text_input" and not _URL.fullmatch(text):
        return "Enter a web address."
    if kind == "number_input":
        return _wrong_number(element, text)
    if kind != "plain_text_input":
        return ""
    least, most = element.get("min_length", 0), element.get("max_length", _TEXT_CHARS)
    if least <= len(text) <= most:
        return ""
    if least:
        return f"Enter {least:,} to {most:,} characters."
    return f"Enter at most {most:,} characters."


def _wrong_list(element: Json, entered: list[Any]) -> str:
    if element["type"] != "file_input":
        most = element.get("max_selected_items", len(entered))
        return "" if len(entered) <= most else f"Choose at most {most}."
    most, endings = element.get("max_files", _MOST_FILES), element.get("filetypes")
    if len(entered) > most:
        return f"Choose at most {most} {'file' if most == 1 else 'files'}."
    for file in entered:
        if endings and file["name"].rpartition(".")[2].lower() not in endings:
            return f"{file['name']} cannot be taken here: choose {', '.join(endings)}."
    return ""


def _wrong_number(element: Json, text: str) -> str:
    try:
        number = Decimal(text)
        if not number.is_finite():
            raise InvalidOperation
        if "min_value" in element and number < Decimal(str(element["min_value"])):
            return f"Enter a number of at least {element['min_value']}."
        if "max_value" in element and number > Decimal(str(element["max_value"])):
            return f"Enter a number of at most {element['max_value']}."
    except InvalidOperation:
        return "Enter a number."
    if not element.get("is_decimal_allowed") and number != number.to_integral_value():
        return "Enter a whole number."
    return ""
