from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.personal_data import PersonalData
from engine.redaction import redact_json

GERMAN = PersonalData("DE")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("write to ann.o'neil+vpn@mail.example.co.uk, please", "write to [email], please"),
        ("jürgen@müller-bau.de asked", "[email] asked"),
        ("call +49 30 901820 today", "call [phone] today"),
        ("call 030 901820 or 0171-1234567.", "call [phone] or [phone]."),
        ("IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX", "IBAN [iban] BIC COBADEFFXXX"),
        ("iban de89370400440532013000.", "iban [iban]."),
        ("GB82 WEST 1234 5698 7654 32 is mine", "[iban] is mine"),
        ("my card 4111 1111 1111 1111 was stolen", "my card [redacted] was stolen"),
        ("a card of no network 9999 9999 9999 9995", "a card of no network [card]"),
        ("from 203.0.113.7:8080 and 2001:db8::8a2e:370:7334", "from [ip]:8080 and [ip]"),
        ("mapped ::ffff:203.0.113.7", "mapped [ip]"),
        ("<@U024BE7LH> and <@W12345678|ann> know", "[person] and [person] know"),
        ("password: hunter2x9", "password: [redacted]"),
        ("key sk-proj-abcdefghijklmnop1234567890", "key [redacted]"),
    ],
)
def test_what_identifies_somebody_or_opens_a_door_is_replaced(text: str, redacted: str) -> None:
    assert GERMAN.redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "Parental leave is 16 weeks, since 2024-01-01, at 12:30:45 or 12:30.",
        "order 4711-2345-22 of 2026/11/22, invoice 1234567890123",
        "error 0x80070005 on Windows 10.0.19045.3570, kernel 5.15.0-91",
        "std::vector and ::1 and 127.0.0.1 and a::b",
        "article 4a1b8c9d-8012-4567-89ab-1234567890ab",
        "DE12 is a road, and user@host is no address of a mailbox",
        "see page 12 of the handbook, section 3.4.5.6.7, §§ 433, 434 BGB",
        "It costs 1,299.00 EUR or 12 x 108.25 EUR.",
    ],
)
def test_numbers_of_other_kinds_stay(text: str) -> None:
    assert GERMAN.redact(text) == text


def test_national_numbers_need_their_region() -> None:
    text = "call 030 901820 or +1 415 555 2671"
    assert PersonalData().redact(text) == "call 030 901820 or [phone]"
    assert PersonalData("DE").redact(text) == "call [phone] or [phone]"


def test_what_stands_behind_a_lot_of_numbers_is_found_too() -> None:
    text = "12 345 678 " * 3000 + "\ncall +49 30 901820 today"
    assert GERMAN.redact(text).endswith("call [phone] today")


@given(st.text(alphabet="aAdDeE0123456789 .:-@+/<>|U\n\r\u2028", max_size=200))
def test_any_text_is_taken_and_twice_is_no_more_than_once(text: str) -> None:
    once = GERMAN.redact(text)
    assert len(GERMAN.redact(once)) <= len(once) + 200


def test_every_string_of_a_json_is_redacted_and_cut_and_nothing_else_changes() -> None:
    told = {
        "text": "ann@example.com",
        "list": [{"deep": "x" * 30 + " ann@example.com"}, 4111111111111111, None, True, 0.5],
    }
    done = redact_json(told, GERMAN, most_chars=40)
    assert done["text"] == "[email]"
    assert done["list"] == [{"deep": "x" * 30 + " [email]"}, 4111111111111111, None, True, 0.5]
    cut = redact_json("y" * 38 + " ann@example.com and more", GERMAN, most_chars=40)
    assert cut == "y" * 38 + " [" + " [cut]"
