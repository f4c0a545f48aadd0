"""No text leaves the engine that could act on its reader's behalf.

A renderer escapes again; this is the engine's own promise.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc"
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ud800-\udfff]"
)
"""Characters that show nothing or turn the text around them, variation selectors included."""

_LABEL = r"\[((?:[^\[\]\\]|\\.|\[[^\[\]]{0,100}\]){0,200})\]"
_TARGET = r"\(\s{0,20}<?((?:[^()\s<>]|\([^()\s<>]{0,200}\)){0,500})(>?(?:\s[^()\n]{0,200})?)\)"
_IMAGE = re.compile(rf"!{_LABEL}(?:{_TARGET}|\[[^\[\]]{{0,200}}\])", re.DOTALL)
_LINK = re.compile(_LABEL + _TARGET, re.DOTALL)
_GLUED = re.compile(r"\](?=\()")
_DEFINITION = re.compile(
    r"^([ \t>*+.)\d-]{0,20}\[(?:[^\[\]\\]|\\.){1,200}\])(?=:\s{0,20}(?:<[^<>\n]*>"
    r"|(?=\S*[/:.#?])[^\s<]\S*)(?:\s{1,20}[\"'(][^\n]*)?[ \t]*$)",
    re.MULTILINE,
)
_CODE_CALL = re.compile(r"[\w\s,'\"=*-]*")
_BEFORE_CODE = re.compile(r"[A-Za-z0-9_)\]]")
_TOKEN = re.compile(r"<([!@#/a-zA-Z?][^<>]*)>")
_OPEN_TOKEN = re.compile(r"<(?=([!@#/a-zA-Z?][^<>]*)(>?))")
_PLACEHOLDER = re.compile(
    r"\?(?: (?:extends|super) [\w.]+)?|[A-Za-z](?:[\w\s.,;&?*+'()\[\]-]|:[: ])*"
)
_TAG = re.compile(r"[a-z][a-z0-9]*(?=[\s/]|$)", re.IGNORECASE)
_TAGS = frozenset(
    """a abbr b big blockquote body br center dd div dl dt em embed font form h1 h2 h3 h4 h5 h6 head
    hr html i iframe img input li ol p pre s script small span strike strong style sub sup svg table
    tbody td th thead tr u ul video""".split()
)
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,20}:(?://|\\\\)(?:\[[0-9a-f:.]{2,45}\])?"
    r"|\bmailto:|(?:javascript|vbscript):(?=\S)|\bdata:(?=[\w/+.-]{0,80}[;,])"
    r"|(?<![\w.@/:-])www\d{0,3}\.(?=[^\s.])|(?<![\w:/])//(?=[\w-]{1,63}\.\w))"
    r"(?:[^\s<>\"'`()\]}|]|\([^\s<>\"'`()]*\))+",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<!`)```(?!`).*?(?<!`)```(?!`)|(?<!`)`(?!`)[^`\n]+`(?!`)", re.DOTALL)
_AUTOLINKED = re.compile(
    r"(?<![\w.+@/-])[\w.+-]{1,64}@(?:[\w-]{1,63}[.。．｡]){1,8}[^\W\d_]{2,24}(?![\w@-])"
    r"|(?<![\w.@/:$-])(?:[^\W_][\w-]{0,62}[.。．｡]){1,24}"
    r"(?:com|org|net|info|biz|app|dev|xyz|top|online|site|shop|club|link|click|live|example|cloud"
    r"|tech|store|pro|vip|icu|io|ai|me|co|tv|cc|us|uk|de|eu|fr|nl|ch|ru|cn|tk|ml|ga|tr|br|au|ca"
    r"|es|pl|se|jp|kr|mx|nz|tw|ua|рф|中国)"
    r"(?:[.。．｡][^\W_][\w-]{0,62}){0,24}(?![\w@(-]|[.。．｡][^\W_])"
    r"(?:/[^\s<>\"'`()\]]{0,300})?"
    r"|\b(?:tel|sms|callto|facetime|skype):[+\w][\w.+@-]{1,63}",
    re.IGNORECASE,
)
"""Mail addresses, bare domains and numbers to call, of which clients make links too."""
_CODE_OR_URL = re.compile(
    f"{_CODE.pattern}|{_URL.pattern}|{_AUTOLINKED.pattern}", re.DOTALL | re.IGNORECASE
)
_EVERYBODY = "|".join(
    "".join(f"[{letter}{chr(ord(letter) + 0xFEE0)}]" for letter in word)
    for word in ("channel", "here", "everyone")
)
"""In letters of full width too."""
_BROADCAST = re.compile(
    rf"(?<![\w.+-])[@＠﹫](?=(?:{_EVERYBODY})\b)|[@＠﹫](?=(?:{_EVERYBODY})\b(?!\.\w))",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[!@#|]|(?<!:):[^\s:]")
_ACTIVE = re.compile(r"(?:javascript|vbscript|data):", re.IGNORECASE)
_CITABLE = re.compile(r"https?://[^\s<>\"|\\^`{}]+", re.IGNORECASE)
_TRAILING = ".,;:!?~*"
_PASSES = 10
_REMOVED = "(link removed)"
_LONGEST_WORDS, _LONGEST_CODE = 500, 900
"""Characters of an address, and of code in a line, that every renderer still takes for code."""

LONGEST_LABEL = 80
"""Characters; the rest of a name is cut off."""


@dataclass(frozen=True, slots=True)
class _Allowed:
    """Addresses that may stand as links, and those that may stand as words."""

    links: frozenset[str]
    words: frozenset[str]


def contain(
    text: str, allowed_urls: Collection[str] = (), written_urls: Collection[str] = ()
) -> str:
    """The text without anything that acts: images, `<...>` tokens, invisible or bidirectional
    characters, live @channel, @here and @everyone, and links other than the allowed ones.

    allowed_urls: addresses that may stand in the text as links.
    written_urls: those that may stand in it as words, which are set as code: nothing makes a link
        of that.

    A bare `<word>`, as code and instructions have it, stays. Containing twice changes nothing.
    """
    allowed = _Allowed(links=_usable(allowed_urls), words=_usable(written_urls))
    text = INVISIBLE.sub("", text)
    for _ in range(_PASSES):  # what one removal uncovers, the next pass sees
        before, text = text, _contain_once(text, allowed)
        if text == before:
            break
    return text


def _usable(urls: Collection[str]) -> frozenset[str]:
    return frozenset(u.rstrip(_TRAILING) for u in urls if not _ACTIVE.match(u)) - {""}


def urls_in(text: str) -> set[str]:
    """Addresses written in a text, without the punctuation that ends a sentence."""
    return {match.rstrip(_TRAILING) for match in _URL.findall(text)}


def urls_outside_code(text: str) -> set[str]:
    """Those of the addresses that a client may make links of."""
    return urls_in(_CODE.sub(" ", text))


def urls_in_code(text: str) -> set[str]:
    """Those that stand as words."""
    return {url for code in _CODE.findall(text) for url in urls_in(code)}


def citable_url(url: str | None) -> str | None:
    """A web address that a citation may carry, with nothing beside it; None for all else."""
    bare = INVISIBLE.sub("", url or "").strip()
    return bare if _CITABLE.fullmatch(bare) else None


def one_line(text: str) -> str:
    """The text on one line, without what shows nothing or steers the terminal it is printed on."""
    return " ".join(INVISIBLE.sub("", text).split())


def contained_label(text: str | None) -> str | None:
    """A short name on one line that acts on nobody, such as a category's; None where nothing of it
    may stand, as of an address.
    """
    label = one_line(contain(one_line(text or "")))
    if _REMOVED in label or not any(c.isalnum() for c in label):
        return None
    return label[:LONGEST_LABEL].strip()


def _contain_once(text: str, allowed: _Allowed) -> str:
    for _ in range(_PASSES):
        before = text
        text = _IMAGE.sub(r"\1", text)
        text = _LINK.sub(lambda m: _link_or_label(m, allowed), text)
        text = _TOKEN.sub(lambda m: _unwrap(m, allowed), text)
        if text == before:
            break
    text = _DEFINITION.sub(r"\1 ", text)
    text = _part_links(text, allowed)
    text = _OPEN_TOKEN.sub(_part_token, text)
    text = _CODE_OR_URL.sub(lambda m: _in_code_or_not(m, allowed), text)
    return _BROADCAST.sub("@ ", text)


def _link_or_label(match: re.Match[str], allowed: _Allowed) -> str:
    label, target, rest = match[1], match[2], match[3]
    bare = target.rstrip(_TRAILING)
    if bare in allowed.links:
        return f"[{label}]({target})"
    if bare in allowed.words:
        return f"{label} ({bare})" if bare != label.rstrip(_TRAILING) else bare
    if _BEFORE_CODE.match(match.string[match.start() - 1 : match.start()]):
        # code such as handlers[name](event)
        whole = _CODE_CALL.fullmatch(target + rest)
        return match[0] if whole else f"[{label}] ({target}{rest})"
    if label.isdigit():
        return f"[{label}] ({target}{rest})"  # a citation's mark before a remark in brackets
    return label


def _unwrap(match: re.Match[str], allowed: _Allowed) -> str:
    """What is left of a `<...>` token: an allowed address, a label, or the words themselves."""
    inner = match[1]
    target, bar, label = inner.partition("|")
    if target.rstrip(_TRAILING) in allowed.links | allowed.words:
        return target
    tag = _TAG.match(inner)
    is_tag = tag is not None and tag[0].lower() in _TAGS
    if _PLACEHOLDER.fullmatch(inner) and not (is_tag and tag is not None and tag[0] == inner):
        return match[0]
    if is_tag or inner[0] in "!@#/?" or _URL.match(inner):
        return label if bar else ""
    return f"< {inner}>" if " " in inner else inner


def _part_links(text: str, allowed: _Allowed) -> str:
    """Parts the brackets of what still looks like a link or an image, however it is written."""
    kept = {
        match.end(1)
        for match in _LINK.finditer(text)
        if _link_or_label(match, allowed) == match[0]
        and text[match.start() - 1 : match.start()] != "!"
    }
    return _GLUED.sub(lambda m: m[0] if m.start() in kept else "] ", text)


def _part_token(match: re.Match[str]) -> str:
    """Parts the opening of what still looks like a token or a tag, closed or not."""
    inner, closed = match[1], match[2]
    harmless = inner[0].isalpha() and not closed and not _MARKS.search(inner)
    return "<" if harmless or _PLACEHOLDER.fullmatch(inner) else "< "


def _in_code_or_not(match: re.Match[str], allowed: _Allowed) -> str:
    if match[0].startswith("`"):
        if len(match[0]) > _LONGEST_CODE and not match[0].startswith("```"):
            return _URL.sub(lambda m: _keep_or_drop(m, allowed), match[0])
        words = replace(allowed, links=allowed.links | allowed.words, words=frozenset())
        return _URL.sub(lambda m: _keep_or_drop(m, words), match[0])
    return _keep_or_drop(match, allowed)


def _as_code(match: re.Match[str], allowed: _Allowed) -> str:
    """Words that nothing makes a link of; those of a host that may be linked stay as they are."""
    found = match[0].rstrip(_TRAILING)
    host = found.rpartition("@")[2].partition("/")[0].lower()
    hosts = {url.lower().partition("//")[2].partition("/")[0] for url in allowed.links}
    if any(f".{known}".endswith(f".{host}") for known in hosts):
        return match[0]
    rest, before = match[0][len(found) :], match.string[: match.start()]
    after = match.string[match.start() + len(found) :][:1]
    if "`" in _CODE.sub("", before) + before[-1:] + after:
        return f"{_REMOVED}{rest}"
    return f"`{found}`{rest}"


def _keep_or_drop(match: re.Match[str], allowed: _Allowed) -> str:
    if _AUTOLINKED.fullmatch(match[0]) and not _URL.fullmatch(match[0]):
        return _as_code(match, allowed)
    bare = match[0].rstrip(_TRAILING)
    if bare in allowed.links:
        return match[0]
    rest, before = match[0][len(bare) :], match.string[: match.start()]
    gap = " " if before.endswith("]") else ""
    # A lone backtick further up, or one beside it, would end the code where the address begins.
    after = match.string[match.start() + len(bare) :][:1]
    if (
        bare in allowed.words
        and len(bare) <= _LONGEST_WORDS
        and "`" not in _CODE.sub("", before) + before[-1:] + after
    ):
        return f"{gap}`{bare}`{rest}"
    return f"{gap}{_REMOVED}{rest}"
