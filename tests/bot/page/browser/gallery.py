"""One of every block and element, with words in them that would like to be more than words."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\' " & </div>'
JAVASCRIPT = "javascript:window.hacked=1"


def plain(words: str = HOSTILE) -> Json:
    return {"type": "plain_text", "text": words}


def escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(words: str = HOSTILE) -> Json:
    return {"type": "mrkdwn", "text": escaped(words)}


def option(value: str) -> Json:
    return {"text": plain(f"Option {value}"), "value": value}


def text(words: str, **style: bool) -> Json:
    return {"type": "text", "text": words, "style": style}


MARKDOWN = f"""# Heading {HOSTILE}

A [link](https://example.com/a) and [another]({JAVASCRIPT}), **bold**, ~~gone~~, `code`.
![picture](https://example.com/p.png)

| Plan | Price |
| --- | ---: |
| {HOSTILE.replace("|", "")} | 5 |

- one
  - two

```python
print("<b>")
```
{HOSTILE}
"""

RICH: Json = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                text(HOSTILE),
                text("bold", bold=True),
                text("struck", strike=True),
                text("code", code=True),
                {"type": "link", "url": "https://example.com/", "text": HOSTILE},
                {"type": "link", "url": JAVASCRIPT, "text": "pressed"},
                {"type": "user", "user_id": "U0NOBODY"},
                {"type": "channel", "channel_id": "C0NOWHERE"},
                {"type": "usergroup", "usergroup_id": "S0NOGROUP"},
                {"type": "broadcast", "range": "here"},
                {"type": "emoji", "name": "tada"},
                {"type": "date", "timestamp": 1764000000, "format": "{date_long} {time}"},
                {"type": "color", "value": "#0a6b57"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "elements": [{"type": "rich_text_section", "elements": [text("first")]}],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "indent": 1,
            "elements": [{"type": "rich_text_section", "elements": [text("inside first")]}],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "offset": 1,
            "elements": [{"type": "rich_text_section", "elements": [text("second")]}],
        },
        {"type": "rich_text_quote", "elements": [text("quoted")]},
        {"type": "rich_text_preformatted", "elements": [text("x = 1\n" + HOSTILE)]},
    ],
}

BLOCKS: list[Json] = [
    {"type": "header", "text": plain("Everything")},
    {"type": "section", "text": mrkdwn(), "fields": [mrkdwn("*field*"), plain()]},
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*b* _i_ ~s~ `c` <https://example.com|site> :tada:"},
        "accessory": {
            "type": "button",
            "text": plain("Sure?"),
            "confirm": {
                "title": plain("Really?"),
                "text": plain("It cannot be undone."),
                "confirm": plain("Do it"),
                "deny": plain("Leave it"),
                "style": "danger",
            },
        },
    },
    RICH,
    {"type": "markdown", "text": MARKDOWN},
    {"type": "divider"},
    {
        "type": "context",
        "elements": [
            mrkdwn(),
            {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "far"},
        ],
    },
    {
        "type": "actions",
        "elements": [
            {"type": "button", "text": plain("Go"), "style": "primary"},
            {"type": "button", "text": plain("Web"), "url": "https://example.com/"},
            {"type": "button", "text": plain("Bad"), "url": JAVASCRIPT},
            {"type": "static_select", "placeholder": plain("Pick"), "options": [option("a")]},
            {"type": "users_select", "placeholder": plain("Who")},
            {"type": "channels_select", "placeholder": plain("Where")},
            {"type": "overflow", "options": [option("x"), option("y")]},
            {"type": "datepicker", "initial_date": "2026-01-31"},
            {"type": "timepicker", "initial_time": "13:30"},
            {"type": "checkboxes", "options": [option("c1"), option("c2")]},
            {"type": "radio_buttons", "options": [option("r1"), option("r2")]},
        ],
    },
    {"type": "image", "image_url": "https://example.com/p.png", "alt_text": HOSTILE},
    {
        "type": "table",
        "rows": [
            [{"type": "raw_text", "text": "Name"}, {"type": "raw_text", "text": "Size"}],
            [{"type": "raw_text", "text": HOSTILE}, {"type": "raw_number", "value": 3}],
        ],
    },
    {"type": "task_card", "task_id": "t", "title": HOSTILE, "status": "in_progress"},
    {
        "type": "plan",
        "title": "Plan",
        "tasks": [{"task_id": "p", "title": "Step", "status": "complete", "output": HOSTILE}],
    },
    {"type": "alert", "level": "warning", "text": plain()},
    {"type": "card", "title": plain("Card"), "body": mrkdwn()},
    {"type": "data_table", "title": {"text": HOSTILE}},
    {"type": "section", "text": None},
    {"type": "rich_text", "elements": [{"type": "rich_text_list", "elements": None}]},
    {"type": "constructor"},
]
"""The last four are no blocks that the page knows, or not as they should be; of the second an empty
place is shown."""

MODAL: Json = {
    "type": "modal",
    "title": plain("Everything"),
    "submit": plain("Send"),
    "blocks": [
        {
            "type": "input",
            "label": plain(f"Input {kind}"),
            "hint": plain(),
            "optional": True,
            "element": {"type": kind, **more},
        }
        for kind, more in {
            "plain_text_input": {"multiline": True, "initial_value": HOSTILE},
            "number_input": {"is_decimal_allowed": False},
            "email_text_input": {},
            "url_text_input": {},
            "datepicker": {},
            "timepicker": {},
            "datetimepicker": {},
            "static_select": {"options": [option("a"), option("b")]},
            "multi_static_select": {"options": [option("a"), option("b")]},
            "users_select": {},
            "conversations_select": {},
            "multi_users_select": {},
            "checkboxes": {"options": [option("a"), option("b")]},
            "radio_buttons": {"options": [option("a"), option("b")]},
            "external_select": {"min_query_length": 1},
        }.items()
    ],
}
