from __future__ import annotations

from pathlib import Path

import pytest

from bot.review.policy import Destination, Level, Policy, Targets, load_policy
from engine.errors import SettingsInvalid
from engine.settings import Settings, load_settings
from engine.storage.channel_modes import Mode

EXAMPLE = Path(__file__).parents[3] / "manifests" / "policy.example.toml"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    given = {"DESKHAND_SLACK__ESCALATION_CHANNEL": "C0DEFAULT"}
    return load_settings(given, working_directory=tmp_path)


def policy_of(text: str, settings: Settings, folder: Path) -> Policy:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return load_policy(path, settings)


def test_the_example_says_what_its_comments_say(settings: Settings) -> None:
    policy = load_policy(EXAMPLE, settings)
    assert policy.targets_of("Urgent") == Targets(respond_minutes=15, resolve_minutes=120)
    assert policy.targets_of("low") == policy.targets_of(None)
    assert policy.channels["C0SUPPORT"].mode is Mode.DRAFT
    assert policy.channels["C0SUPPORT"].target_precision == 0.95
    assert policy.channels["C0ENGINEERING"].mode is Mode.SHADOW
    assert policy.levels == (
        Level(group="S0LEADS"),
        Level(user="U0HEADOFDESK"),
        Level(on_call=True),
    )
    billing = policy.route(category="Billing", priority="urgent", channel="C0SUPPORT")
    assert billing == Destination(channel="C0FINANCE", group="S0SUPPORT")
    urgent = policy.route(category=None, priority="urgent", channel="C0OTHER")
    assert urgent == Destination(channel="C0DEFAULT", group="S0SUPPORT", on_call=True)
    plain = policy.route(category="wifi", priority="low", channel="C0SUPPORT")
    assert plain == Destination(channel="C0DESK", group="S0SUPPORT")


def test_without_a_file_the_settings_hold(settings: Settings) -> None:
    policy = load_policy(None, settings)
    assert policy.targets_of("high") == Targets(respond_minutes=240, resolve_minutes=960)
    assert policy.route(category="x", priority="y", channel="C1") == Destination(
        channel="C0DEFAULT"
    )
    assert not policy.levels


def test_what_a_channels_row_says_comes_before_the_file(settings: Settings) -> None:
    policy = load_policy(EXAMPLE, settings)
    own = {"to_channel": "C0ROW"}
    there = policy.route(category=None, priority=None, channel="C0SUPPORT", own=own)
    assert there == Destination(channel="C0ROW")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[targts.high]\n", "targts is unknown; known here are targets, routes"),
        ("[targets.high]\nrespond = 5\n", "targets.high.respond is unknown"),
        ("[targets.high]\nrespond_minutes = 0\n", "targets.high.respond_minutes must be whole"),
        ("[targets.high]\nresolve_minutes = 1.5\n", "targets.high.resolve_minutes must be whole"),
        ("[targets.high]\n[targets.High]\n", "targets.High stands twice"),
        ("targets = 5\n", "targets must hold tables"),
        ("[routes]\n", "routes must be a list of tables, each written [[routes]]"),
        ('[[routes]]\ncategory = "a"\n', "routes[1] goes nowhere"),
        ('[[routes]]\nto_channel = "#finance"\n', "routes[1].to_channel must be a channel's id"),
        ('[[routes]]\ncategory = ""\non_call = true\n', "routes[1].category must be a text"),
        ('[[routes]]\non_call = "yes"\n', "routes[1].on_call must be true or false"),
        ("[channels.general]\n", "channels.general must be named by the channel's id"),
        ('[channels.C1]\nmode = "loud"\n', "channels.C1.mode must be one of shadow, draft, auto"),
        ("[channels.C1]\nmode = []\n", "channels.C1.mode must be one of"),
        ("[channels.C1]\ntarget_precision = 95\n", "channels.C1.target_precision must be a share"),
        ("[channels.C1]\ntarget_precision = true\n", "channels.C1.target_precision must be"),
        ('[channels.C1]\ngroup = "@leads"\n', "channels.C1.group must be a user group's id"),
        ('[[levels]]\nuser = "U1"\non_call = true\n', "levels[1] must name exactly one"),
        ("[[levels]]\n", "levels[1] must name exactly one of user, group, on_call"),
        ("[channels.C1\n", "is not valid TOML"),
    ],
)
def test_a_mistake_is_named_by_its_key(
    text: str, said: str, settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(SettingsInvalid) as wrong:
        policy_of(text, settings, tmp_path)
    assert said in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_a_file_that_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"none\.toml cannot be read"):
        load_policy(tmp_path / "none.toml", settings)
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsInvalid, match="UTF-8"):
        load_policy(tmp_path / "bad.toml", settings)
