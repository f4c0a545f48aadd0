from __future__ import annotations

from typing import Any

import pytest

from bot.people_names import UNNAMED, name_of


class Slack:
    """Says one name."""

    def __init__(self, **profile: str) -> None:
        self.profile = profile

    async def call(self, method: str, **_: str) -> dict[str, Any]:
        assert method == "users.info"
        return {"user": {"name": "ann", "profile": self.profile}}


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ("Ann O'Neil-Müller (IT)", "Ann O'Neil-Müller (IT)"),
        ("安 愛", "安 愛"),
        ("Ann\n*Admin*: pay\x00 me", "Ann *Admin*: pay me"),
        ("<!channel> Ann", "Ann"),
        ("<@U0BOSS|The boss>", "The boss"),
        ("@channel", "@ channel"),
        ("\u202eiks\u202c \u200bAnn", "iks Ann"),
        ("[Ann](https://evil.test)", "Ann"),
        ("https://evil.test", "ann"),
        ("\u200b\u3164", "ann"),
        ("A" * 1000, "A" * 80),
    ],
)
async def test_a_name_that_somebody_chose_calls_nobody_and_leads_nowhere(
    chosen: str, said: str
) -> None:
    slack: Any = Slack(display_name=chosen)
    assert await name_of(slack, "U1") == said


async def test_who_has_no_name_that_can_be_said_is_a_colleague() -> None:
    slack: Any = Slack(display_name="http://evil.test")
    slack.profile["real_name"] = "<https://evil.test>"

    async def call(method: str, **_: str) -> dict[str, Any]:
        return {"user": {"name": "", "profile": slack.profile}}

    slack.call = call
    assert await name_of(slack, "U1") == UNNAMED
