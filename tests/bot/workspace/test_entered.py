from __future__ import annotations

from typing import Any

import pytest

from bot.workspace.entered import NotOffered, entered_values, parse_chosen
from bot.workspace.views import View

Json = dict[str, Any]


def option(value: str) -> Json:
    return {"text": {"type": "plain_text", "text": value}, "value": value}


def element(kind: str, **more: Any) -> Json:
    return {"type": kind, "action_id": "value", **more}


OPTIONS = {"options": [option("a"), option("b")]}
GROUPED = {
    "option_groups": [
        {"label": {}, "options": [option("a")]},
        {"label": {}, "options": [option("b")]},
    ]
}

RICH = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "why"}]}],
}
FILES = {
    "F1": {"id": "F1", "name": "plan.PDF"},
    "F2": {"id": "F2", "name": "notes.txt"},
}


@pytest.mark.parametrize(
    ("of", "given", "chosen"),
    [
        (element("button"), {"value": "x"}, {}),
        (element("overflow", **OPTIONS), {"selected_option": option("b")}, None),
        (element("static_select", **GROUPED), {"selected_option": option("b")}, None),
        (element("static_select", **OPTIONS), {}, {"selected_option": None}),
        (element("checkboxes", **OPTIONS), {"selected_options": [option("a")]}, None),
        (element("checkboxes", **OPTIONS), {}, {"selected_options": []}),
        (element("external_select"), {"selected_option": option("loaded")}, None),
        (element("users_select"), {"selected_user": "U1"}, None),
        (element("multi_users_select"), {"selected_users": ["U1", "U2"]}, None),
        (element("conversations_select"), {"selected_conversation": "C1"}, None),
        (element("multi_channels_select"), {"selected_channels": ["C1"]}, None),
        (element("datepicker"), {"selected_date": "2026-01-31"}, None),
        (element("timepicker"), {"selected_time": "13:30"}, None),
        (element("datetimepicker"), {"selected_date_time": 1_764_000_000}, None),
        (element("plain_text_input"), {"value": ""}, {"value": None}),
        (element("rich_text_input"), {"rich_text_value": RICH}, None),
        (element("rich_text_input"), {}, {"rich_text_value": None}),
        (
            element("rich_text_input"),
            {"rich_text_value": {"type": "rich_text", "elements": []}},
            {"rich_text_value": None},
        ),
        (element("multi_external_select"), {"selected_options": [option("loaded")]}, None),
        (element("file_input"), {"files": [{"id": "F1"}]}, {"files": [FILES["F1"]]}),
        (element("file_input"), {}, {"files": []}),
    ],
)
def test_what_is_chosen_goes_out_in_slacks_words(
    of: Json, given: Json, chosen: Json | None
) -> None:
    assert parse_chosen(of, {**given, "other": 1}, FILES) == (given if chosen is None else chosen)


@pytest.mark.parametrize(
    ("of", "given"),
    [
        (element("overflow", **OPTIONS), {"selected_option": option("c")}),
        (element("overflow", **OPTIONS), {"selected_option": "a"}),
        (element("checkboxes", **OPTIONS), {"selected_options": "a"}),
        (element("checkboxes", **OPTIONS), {"selected_options": [option("a"), option("c")]}),
        (element("external_select"), {"selected_option": {"value": 1}}),
        (element("users_select"), {"selected_user": ["U1"]}),
        (element("multi_users_select"), {"selected_users": "U1"}),
        (element("datepicker"), {"selected_date": "tomorrow"}),
        (element("timepicker"), {"selected_time": 13}),
        (element("datetimepicker"), {"selected_date_time": True}),
        (element("plain_text_input"), {"value": 7}),
        (element("rich_text_input"), {"rich_text_value": {"type": "section", "elements": []}}),
        (element("rich_text_input"), {"rich_text_value": {"type": "rich_text", "elements": [1]}}),
        (element("multi_external_select"), {"selected_options": [{"value": "a"}]}),
        (element("file_input"), {"files": [{"id": "F3"}]}),
        (element("file_input"), {"files": [{"id": ["F1"]}]}),
        (element("file_input"), {"files": "F1"}),
        (element("file_input"), {"files": ["F1"]}),
    ],
)
def test_what_is_not_offered_is_not_chosen(of: Json, given: Json) -> None:
    with pytest.raises(NotOffered):
        parse_chosen(of, given, FILES)


def entered(of: Json, given: Json, **block: Any) -> tuple[Json, dict[str, str]]:
    blocks = [
        {"type": "section", "block_id": "s"},
        {"type": "input", "block_id": "b", "element": of, **block},
    ]
    view = View(id="V1", user="U1", content={"blocks": blocks}, hash="", root_id="V1")
    return entered_values(view, given, FILES)


@pytest.mark.parametrize(
    ("of", "text", "wrong"),
    [
        (element("plain_text_input", min_length=3), "ab", "3 to 3,000"),
        (element("plain_text_input", max_length=2), "abc", "at most 2"),
        (element("plain_text_input"), "x" * 3_001, "at most 3,000"),
        (element("plain_text_input"), "x" * 3_000, ""),
        (element("email_text_input"), "ann", "email"),
        (element("email_text_input"), "ann@example.com", ""),
        (element("url_text_input"), "example.com", "web address"),
        (element("url_text_input"), "https://example.com", ""),
        (element("number_input", is_decimal_allowed=False), "many", "a number"),
        (element("number_input", is_decimal_allowed=False), "NaN", "a number"),
        (element("number_input", is_decimal_allowed=False), "1.5", "whole"),
        (element("number_input", is_decimal_allowed=True, min_value="2"), "1.5", "at least 2"),
        (element("number_input", is_decimal_allowed=True, max_value="1"), "1.5", "at most 1"),
        (element("number_input", is_decimal_allowed=True), "1.5", ""),
    ],
)
def test_a_field_takes_what_slacks_clients_take(of: Json, text: str, wrong: str) -> None:
    values, problems = entered(of, {"b": {"value": {"value": text}}})
    assert values["b"]["value"]["value"] == text
    assert (wrong in problems["b"]) if wrong else problems == {}


@pytest.mark.parametrize(
    ("of", "given", "wrong"),
    [
        (element("file_input", max_files=1), {"files": [{"id": i} for i in FILES]}, "most 1 file."),
        (element("file_input", filetypes=["pdf"]), {"files": [{"id": "F2"}]}, "choose pdf"),
        (element("file_input", filetypes=["pdf"]), {"files": [{"id": "F1"}]}, ""),
        (element("file_input"), {"files": [{"id": i} for i in FILES]}, ""),
        (element("file_input"), {"files": []}, "required"),
        (
            element("multi_external_select", max_selected_items=1),
            {"selected_options": [option("a"), option("b")]},
            "at most 1",
        ),
        (element("multi_users_select", max_selected_items=2), {"selected_users": ["U1", "U2"]}, ""),
        (element("rich_text_input"), {"rich_text_value": None}, "required"),
    ],
)
def test_several_things_are_taken_as_far_as_the_field_lets_them(
    of: Json, given: Json, wrong: str
) -> None:
    _, problems = entered(of, {"b": {"value": given}})
    assert (wrong in problems["b"]) if wrong else problems == {}


def test_a_field_that_is_empty_is_asked_for_unless_it_may_be() -> None:
    of = element("static_select", **OPTIONS)
    for given in ({}, {"b": {}}, {"b": {"value": {"selected_option": None}}}, {"b": "x"}):
        values, problems = entered(of, given)
        assert list(problems) == ["b"]
        values, problems = entered(of, given, optional=True)
        assert (values["b"]["value"]["selected_option"], problems) == (None, {})


def test_fields_of_one_action_id_are_told_apart_by_their_blocks() -> None:
    blocks = [
        {"type": "input", "block_id": name, "element": element("plain_text_input")}
        for name in ("one", "other")
    ]
    view = View(id="V1", user="U1", content={"blocks": blocks}, hash="", root_id="V1")
    given = {name: {"value": {"value": name}} for name in ("one", "other")}
    values, problems = entered_values(view, given)
    assert {name: values[name]["value"]["value"] for name in given} == {
        "one": "one",
        "other": "other",
    }
    assert problems == {}
