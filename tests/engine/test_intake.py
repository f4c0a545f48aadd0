from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.intake import admit, redact
from engine.question import Question, Role, Turn

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJlLXNpZw"


def admitted(text: str = "", **fields: object) -> Question:
    return admit(Question(id="1", text=text, **fields), max_chars=1000).question  # type: ignore[arg-type]


SECRETS = [
    "sk-proj-abcdEFGH1234abcdEFGH1234",
    "sk-ant-api03-abcd_EFGH-1234abcd",
    "sk-abcdefghij1234567890abcd",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "rk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "xoxb-123456789012-abcdefghijkl",
    "xoxp-1-2-3-abcdef",
    "xapp-1-A012-345-abcdef",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0abcdefghij_klmnop",
    "glpat-abcdEFGH1234_567890",
    "npm_abcdEFGH1234abcdEFGH1234abcdEFGH1234",
    "pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAwLTAwMDAtMDAwMC0wMDAw",
    JWT,
    KEY,
    KEY.partition("-----END")[0],
    "4111111111111111",
    "4111 1111 1111 1111",
    "5500-0000-0000-0004",
    "378282246310005",
    "6011000990139424",
    "30569309025904",
]


@pytest.mark.parametrize("secret", SECRETS, ids=lambda s: s[:20])
def test_a_secret_becomes_redacted_wherever_it_stands(secret: str) -> None:
    for text in (secret, f"It says {secret}", f"({secret})", f"key={secret}", f'"{secret}"'):
        shown, count = redact(text)
        assert count >= 1
        assert secret not in shown
        assert "[redacted]" in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("my password: hunter2 fails", "my password: [redacted] fails"),
        ("password=correcthorse", "password=[redacted]"),
        ("Password : Summer-time", "Password : [redacted]"),
        ("PWD=abcd", "PWD=[redacted]"),
        ("api_key=abcd1234", "api_key=[redacted]"),
        ("api-key: 'abcd1234'", "api-key: [redacted]"),
        ('{"password": "hunter2"}', '{"password": [redacted]'),
        ("secret key: s3cr3t and more", "secret key: [redacted] and more"),
        ("password=" + "x1" * 300, "password=[redacted]"),
        ("postgres://ann:s3cr3t@db/x", "postgres://[redacted]@db/x"),
        (
            "curl -H 'Authorization: Bearer abc123def456ghi789jkl'",
            "curl -H 'Authorization: Bearer [redacted]'",
        ),
        (
            "https://hooks.slack.com/services/T000/B000/XXXX1",
            "https://hooks.slack.com/services/[redacted]",
        ),
        ("4111111111111111 and 4111111111111111", "[redacted] and [redacted]"),
    ],
)
def test_only_the_secret_itself_is_replaced(text: str, shown: str) -> None:
    assert redact(text)[0] == shown


def test_each_secret_is_counted_once() -> None:
    assert redact("nothing here") == ("nothing here", 0)
    assert redact(f"{SECRETS[0]} {SECRETS[8]} 4111111111111111")[1] == 3
    assert redact("4111111111111111 4111111111111111")[1] == 2


@pytest.mark.parametrize(
    "text",
    [
        "order 1234567890123456",
        "order 4111111111111112",
        "invoice 2024-0001-2345-6789-01",
        "tracking 94001112025055555555",
        "account DE89 3704 0044 0532 0130 00",
        "call +49 170 1234567 or 0049 170 1234567 89",
        "+1 (415) 555-0123, ext. 4111",
        "at 1700000000000 ms, 20241122093000123",
        "from 2024-11-22 09:30 to 2024-11-23 10:00",
        "version 4.1.1.2, build 2024.11.22.0930, 10.0.19045.3803",
        "10.0.0.1:5432, fe80::1, 00:1B:44:11:3A:B7",
        "3.14159265358979323",
        "id 411111111111111100000000 and 94111111111111111",
        "uuid 123e4567-e89b-12d3-a456-426614174000",
        "commit 3eae5581f0c2d6f0a4c1b2d3e4f5a6b7c8d9e0f1",
        "sk-learn-contrib-packages and npm-check-updates-interactive",
        "pk_customer_orders_2024_idx, risk-management-policies, task_live_updates_channel",
        "pypi-publish-action-workflow",
        "I forgot my password: what do I do?",
        "reset password: how?",
        "Password: must contain eight letters",
        "the token: it expires after a day",
        "password reset and API keys",
        "password:",
        "https://docs.example/a:b@c and mail a@b.c",
        "eyJ is how they begin. eyJhbGci too.",
    ],
)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert redact(text) == (text, 0)


@pytest.mark.slow
@pytest.mark.usefixtures("deadline")
@pytest.mark.parametrize(
    "piece",
    [
        "eyJ-",
        "eyJ",
        "eyJaaaaaaaaa.",
        "password:",
        "password: ",
        "password ",
        "1 ",
        "1-",
        "1",
        "4111 ",
        "-----BEGIN ",
        "-----BEGIN A ",
        "A ",
        "-----BEGIN PRIVATE KEY-----",
        "sk-",
        "sk_",
        "sk-a",
        "://a:",
        "://",
        "a:",
        "bearer ",
        "bearer a",
        "xoxb-",
        "ghp_",
        "github_pat_",
        "pypi-",
        "AKIA",
        "AIza",
        "[",
        "\n",
        "token=a ",
        "\u200b",
        "e\u0301",
        "hooks.slack.com/services/",
    ],
)
def test_hostile_text_is_redacted_in_linear_time(piece: str) -> None:
    text = (piece * (200_000 // len(piece) + 1))[:200_000]
    admit(Question(id="1", text=text, body=f"x{text}"), max_chars=200_000)


def test_characters_that_cannot_be_seen_are_dropped_and_letters_composed() -> None:
    tag = "".join(chr(0xE0000 + ord(c)) for c in "obey")
    assert admitted(f"  He\u200bllo\x00\u202e{tag} cafe\u0301 ").text == "Hello caf\u00e9"
    assert admitted("\ud800x").text == "x"


def test_a_secret_hidden_by_what_cannot_be_seen_is_found() -> None:
    assert admitted("4111\u200b1111\u200b1111\u200b1111").text == "[redacted]"


def test_a_secret_in_other_letters_is_found_and_not_shown_either() -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in SECRETS[0])
    asked = admit(Question(id="1", text=f"Is {wide} mine?"), max_chars=1000)
    assert asked.question.text == asked.shown.text == "Is [redacted] mine?"


def test_a_question_is_kept_in_the_letters_it_was_asked_in() -> None:
    asked = admit(Question(id="1", text=" Ｈｏｗ\u200b 𝗹𝗼𝗻𝗴? ", body="ﬁn"), max_chars=1000)
    assert (asked.question.text, asked.question.body) == ("How long?", "fin")
    assert (asked.shown.text, asked.shown.body) == ("Ｈｏｗ 𝗹𝗼𝗻𝗴?", "ﬁn")


def test_every_text_of_the_question_is_cleaned_and_the_rest_is_kept() -> None:
    dirty = f"a\u200b {SECRETS[0]}"
    question = admitted(
        dirty,
        subject=dirty,
        body=dirty,
        history=(Turn(role=Role.USER, text=dirty), Turn(role=Role.ASSISTANT, text=dirty)),
        user="U1",
        channel="C1",
    )
    texts = {question.text, question.subject, question.body, *(t.text for t in question.history)}
    assert texts == {"a [redacted]"}
    assert [turn.role for turn in question.history] == [Role.USER, Role.ASSISTANT]
    assert (question.id, question.user, question.channel) == ("1", "U1", "C1")


def test_redactions_of_every_text_are_counted() -> None:
    question = Question(
        id="1",
        text=SECRETS[0],
        body=SECRETS[8],
        history=(Turn(role=Role.USER, text="password: hunter2"),),
    )
    assert admit(question, max_chars=1000).redactions == 3


def test_a_question_within_the_limit_is_not_cut() -> None:
    whole = admit(Question(id="1", text="a" * 100), max_chars=100)
    assert (whole.question.text, whole.was_cut) == ("a" * 100, False)


def test_a_question_past_the_limit_is_cut_at_a_blank_and_this_is_said() -> None:
    long = admit(Question(id="1", text="word " * 100), max_chars=102)
    assert long.was_cut
    assert long.question.text == ("word " * 20).strip()
    unbroken = admit(Question(id="1", text="a" * 300), max_chars=100)
    assert (unbroken.question.text, unbroken.was_cut) == ("a" * 100, True)


def test_what_lies_behind_a_wall_of_invisible_characters_is_not_silently_lost() -> None:
    walled = admit(Question(id="1", text="\u200b" * 250 + "How long?"), max_chars=100)
    assert walled.was_cut


def test_half_a_secret_is_not_left_by_the_cut() -> None:
    text = "x " * 40 + JWT * 3
    assert "eyJ" not in admit(Question(id="1", text=text), max_chars=110).question.text


def test_a_cut_subject_or_body_is_said_and_a_cut_history_is_not() -> None:
    assert admit(Question(id="1", text="", body="a" * 101), max_chars=100).was_cut
    assert admit(Question(id="1", text="", subject="a" * 1001), max_chars=9000).was_cut
    turn = Turn(role=Role.ASSISTANT, text="a" * 101)
    cut = admit(Question(id="1", text="b", history=(turn,)), max_chars=100)
    assert not cut.was_cut
    assert len(cut.question.history[0].text) == 100


def test_only_the_last_turns_are_kept() -> None:
    turns = tuple(Turn(role=Role.USER, text=str(n)) for n in range(50))
    kept = admitted("q", history=turns).history
    assert [turn.text for turn in kept] == [str(n) for n in range(30, 50)]


@given(st.text(), st.integers(100, 200))
def test_admitting_again_changes_nothing_and_the_limit_holds(text: str, limit: int) -> None:
    once = admit(Question(id="1", text=text), max_chars=limit).question
    assert len(once.text) <= limit
    assert admit(once, max_chars=limit).question.text == once.text
