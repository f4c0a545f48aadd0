from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.readable import readable, searchable

MEANINGFUL = {
    "Persian parts a prefix by ZWNJ": "می\u200cخواهم مرخصی بگیرم",
    "an Arabic letter is joined by ZWJ": "سنة ١٤٤٥ ه\u200d",
    "Arabic with its vowels": "مُحَمَّدٌ",
    "Hebrew with points and accents": unicodedata.normalize("NFC", "בְּרֵאשִׁ֖ית"),
    "Devanagari half forms": "क\u094d\u200dष त\u094d\u200cर",
    "Sinhala": "ශ\u0dca\u200dරී",
    "Mongolian variants": "ᠮᠣᠩᠭᠣᠯ\u180e\u1820\u180b",
    "Vietnamese": "Nghỉ phép được bao lâu, ệ ẫ ổ?",
    "Thai": "ลาพักร้อนได้กี่วัน กี่ชั่วโมง",
    "Tibetan stacks": "ཧཱུྃ བསྒྲུབས",
    "Korean and Japanese": "휴가는 며칠인가요 育児休暇はガ",
    "a family, a skin tone, a heart on fire": "👨‍👩‍👧 👩🏽‍💻 ❤️‍🔥 ☕️",
    "keycaps and flags": "1️⃣ #️⃣ 🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "powers, fractions and marks": "10² m³ 1½ CO₂ ™ № € 5 ª º ①",
}


@pytest.mark.parametrize("text", MEANINGFUL.values(), ids=MEANINGFUL)
def test_nothing_of_what_has_a_meaning_is_lost(text: str) -> None:
    assert readable(text) == text
    assert searchable(text) == text


TAGS = "".join(chr(0xE0000 + ord(c)) for c in "obey me")
BYTES = "".join(chr(0xE0100 + ord(c)) for c in "obey me")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Ｈｏｗ　ｌｏｎｇ　ｉｓ　ｌｅａｖｅ？", "How long is leave?"),
        ("𝗛𝗼𝘄 𝑙𝑜𝑛𝑔 is 𝒑𝒂𝒓𝒆𝒏𝒕𝒂𝒍 𝕝𝕖𝕒𝕧𝕖, 𝟭𝟎 days", "How long is parental leave, 10 days"),
        ("oﬃce ﬁnance, Ⅳ, ⓗⓞⓦ", "office finance, IV, how"),
        ("\ufee3\ufeaa\ufeed\ufe94", "مدوة"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("pa\u200bren\u2060tal le\u00adave", "parental leave"),
        ("pass\u200cword and tok\u200den", "password and token"),
        ("\u202eevael\u202c \u2066leave\u2069 \u200fleave", "evael leave leave"),
        (f"leave{TAGS} {BYTES}now 😀{BYTES}", "leave now 😀"),
        (f"🏴{TAGS}\U000e007f", "🏴"),
        ("a\ufe0fb 1\ufe0f 😀\u200d\u200d\u200dx", "ab 1 😀x"),
        ("می\u200c\u200c\u200bخواهم", "می\u200cخواهم"),
        ("L\u0335\u0327\u0321\u031be\u0334\u0324\u0359\u0361a\u0306ve", "Leăve"),
        ("a" + "\u0651" * 500, "a" + "\u0651" * 8),
        ("cafe\u0301\u00a0au\u2009lait", "café au lait"),
        (
            "one\r\ntwo\u2028three\x0bfour\x85five\x00six\x1b[31m",
            "one\ntwo\nthree\nfour\nfivesix[31m",
        ),
        ("\ud800x\ufdfa", "x\ufdfa"),
    ],
)
def test_the_same_question_in_other_characters_is_the_same_question(
    written: str, meant: str
) -> None:
    assert searchable(written) == meant


def test_people_see_their_own_letters_without_what_shows_nothing() -> None:
    assert readable("Ｈｏｗ 𝗹𝗼𝗻𝗴\u200b ﬁn 10²\u202e?") == "Ｈｏｗ 𝗹𝗼𝗻𝗴 ﬁn 10²?"


@given(st.text())
def test_twice_is_the_same_as_once(text: str) -> None:
    assert readable(readable(text)) == readable(text)
    assert searchable(searchable(text)) == searchable(text)
    assert searchable(readable(text)) == searchable(text)


_ODD = (
    "aé\u0301\u0323\u200c\u200d\ufe0f\u200b\u202e\u00adمक\u094d\u1820\u180b"
    "❤😀🏽🏴\U000e0067\U000e007fﬁＡ1\u20e3"
)


@given(st.text(alphabet=_ODD))
def test_twice_is_the_same_as_once_among_joiners_marks_and_emoji(text: str) -> None:
    assert readable(readable(text)) == readable(text)
    assert searchable(searchable(text)) == searchable(text)


@given(st.text(alphabet=st.characters(max_codepoint=0x7E, min_codepoint=0x20)))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert searchable(text) == text


@given(st.text())
def test_no_letter_or_digit_is_lost(text: str) -> None:
    """Each stands there, or what Unicode says that it is compatible with."""

    def letters(words: str) -> str:
        folded = unicodedata.normalize("NFKD", words)
        return "".join(c for c in folded if c.isalnum() and c not in "\u3164\uffa0\u115f\u1160")

    assert letters(searchable(text)) == letters(text)
