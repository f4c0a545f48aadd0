"""Addresses of sources and pages as they may be stored and cited: without what opens them."""

from __future__ import annotations

import re
from urllib.parse import unquote

_CHAINED = re.compile(r"::(?=[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
_PARTS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[^/?#]*)(?P<path>[^?#]*)"
    r"(?P<query>\?[^#]*)?(?P<fragment>#.*)?",
    re.IGNORECASE | re.DOTALL,
)
_SECRET = re.compile(
    r"xamz.*|xgoog.*|googleaccessid|awsaccesskeyid|keypairid|expires|sig|key|auth|authorization"
    r"|pass|passwd|pwd|session|sessionid|sid|jwt|sas|credentials?"
    r"|.*(?:token|secret|password|passphrase|signature|apikey|accesskey|secretkey|privatekey)"
)
_SIGNED = ("sig", "signature")
_WITH_SIGNATURE = frozenset(
    (
        "se sp sv sr st spr ss srt sip ses skoid sktid skt ske sks skv saoid suoid scid sdd policy"
    ).split()
)
"""What says little, and is part of a signed link (Azure's, CloudFront's) where one is signed."""


def without_secrets(address: str) -> str:
    """The address without its password and without query parameters that are credentials.

    The user's name stays, except for http's: it says whose files they are. Doing it twice changes
    nothing.
    """
    return "::".join(_one_without(part) for part in _CHAINED.split(address))


def _one_without(address: str) -> str:
    parts = _PARTS.fullmatch(address)
    if parts is None:
        return address
    scheme, host = parts["scheme"].lower(), parts["host"]
    user, at, place = host.rpartition("@")
    if scheme in ("http", "https"):
        host = place
    elif scheme != "github":  # whose host is org:repository@branch
        host = f"{user.partition(':')[0]}{at}{place}"
    query, fragment = _harmless(parts["query"] or ""), _harmless(parts["fragment"] or "")
    return f"{parts['scheme']}://{host}{parts['path']}{query}{fragment}"


def _harmless(fields: str) -> str:
    """`?a=1&token=x` -> `?a=1`, and nothing where nothing is left."""
    if "=" not in fields:
        return fields
    pairs = re.split("[&;]", fields[1:])
    names = [_squashed(pair) for pair in pairs]
    is_signed = any(name.endswith(_SIGNED) for name in names)
    kept = [
        pair
        for pair, name in zip(pairs, names, strict=True)
        if not _SECRET.fullmatch(name) and not (is_signed and name in _WITH_SIGNATURE)
    ]
    return fields[0] + "&".join(kept) if any(kept) else ""


def _squashed(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return re.sub(r"[\s_.-]", "", unquote(name)).lower() if equals else ""
