"""Where secrets lie, and whether what they open is spoken to under TLS."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import ssl
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from bot.diagnosis import Check, Finding, fail, ok, warn
from engine.settings import Settings
from engine.settings_sources import PREFIX, GivenValues, Origin
from engine.storage.database import database_url

_ENCRYPTED = ("require", "verify-ca", "verify-full", "true")
_INSIDE = (".svc", ".cluster.local", ".internal", ".local", ".lan")
_DAY_S = 86_400
_CERTIFICATE_DAYS = 14


class SecretsCheck:
    """given: where each setting came from."""

    def __init__(self, settings: Settings, given: GivenValues) -> None:
        self._settings = settings
        self._given = given

    def checks(self) -> list[Check]:
        """Source and rights of secrets, then the ways."""
        return [
            Check(name="secrets", look=self._secrets),
            Check(name="secret files", look=self._rights),
            Check(name="tls", look=self._tls, limit_s=20),
            Check(name="database tls", look=self._database_tls),
        ]

    async def _secrets(self) -> Finding:
        found = {name: self._given.origins.get(name) for name in secrets_set(self._settings)}
        dotted = sorted(self._said(name) for name, at in found.items() if at is Origin.DOTENV)
        if dotted:
            return fail(
                f"{', '.join(dotted)} lie in .env, which goes along in copies of the folder",
                "keep them in your platform's manager of secrets, mounted as files "
                "(docs/deploying.md, secrets)",
            )
        if not found:
            return ok("no secret is set")
        files = sum(at is Origin.FILE for at in found.values())
        text = f"{files} of {len(found)} secrets are files of their own"
        if files < len(found):
            return ok(
                f"{text}, the others are in the environment: exchanging those needs a restart"
            )
        return ok(f"{text}, and Slack's are read again when they change")

    async def _rights(self) -> Finding:
        open_to_all = []
        for name, path in self._given.files.items():
            if await asyncio.to_thread(_open_to_all, path):
                open_to_all.append(f"{self._said(name)} ({path})")
        if open_to_all:
            return warn(
                f"every account of this machine may read {', '.join(sorted(open_to_all))}",
                "chmod 0400, and let the bot's user own them; in Kubernetes set defaultMode",
            )
        return ok("no other account may read a secret's file")

    def _said(self, name: str) -> str:
        return self._given.names.get(name, name)

    async def _tls(self) -> Finding:
        plain = sorted(
            name
            for name, url in _addresses(self._settings)
            if urlsplit(url).scheme == "http" and not _inside(urlsplit(url).hostname or "")
        )
        if plain:
            return fail(
                f"{', '.join(plain)} lead over the open network without TLS",
                "use https:// addresses there",
            )
        public = self._settings.slack.public_url
        if public is None:
            return ok("every address outside is https://; what ends TLS for Slack stands before us")
        if urlsplit(public).scheme != "https":
            return fail(
                "DESKHAND_SLACK__PUBLIC_URL is not https://, and Slack sends to nothing else",
                "put a proxy with a certificate before the bot, and name its https:// address",
            )
        return await _certificate(public)

    async def _database_tls(self) -> Finding:
        secret = self._settings.database.url
        url = database_url(secret.get_secret_value() if secret else None, self._settings.home)
        if url.get_backend_name() == "sqlite":
            return ok("the database is a file of this machine")
        host = url.host or "localhost"
        if _of_this_machine(host) or str(url.query.get("ssl", "")) in _ENCRYPTED:
            return ok("the database is spoken to under TLS, or on this machine")
        said = "the address of the database asks for no TLS"
        mend = "add ?sslmode=require to DATABASE_URL, or verify-full with your authority's file"
        return warn(said, mend) if _inside(host) else fail(said, mend)


def secrets_set(settings: Settings) -> list[str]:
    """The names of the secret settings that have a value."""
    found = []
    for group, parts in settings:
        if isinstance(parts, BaseModel):
            found += [
                f"{PREFIX}{group}__{name}".upper()
                for name, value in parts
                if isinstance(value, SecretStr) and value.get_secret_value()
            ]
    return found


def _addresses(settings: Settings) -> Iterator[tuple[str, str]]:
    """Every http address that the settings hold, by its setting's name."""
    for group, parts in settings:
        if not isinstance(parts, BaseModel):
            continue
        for name, value in parts:
            if isinstance(value, str) and value.startswith(("http://", "https://")):
                yield f"{PREFIX}{group}__{name}".upper(), value


def _inside(host: str) -> bool:
    """Whether it is a name or number of one's own network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_INSIDE)
    return address.is_private or address.is_loopback


def _of_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.startswith("/")


def _open_to_all(path: Path) -> bool:
    """Whether another account may read it: by its rights, and by those of each folder above.

    What is mounted is the platform's to guard, in a container that has no other account.
    """
    if os.path.ismount(path) or os.path.ismount(path.parent):
        return False
    resolved = path.resolve()
    others_enter = all(folder.stat().st_mode & stat.S_IXOTH for folder in resolved.parents)
    return others_enter and bool(resolved.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH))


async def _certificate(url: str) -> Finding:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    try:
        _, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    except (OSError, ssl.SSLError) as error:
        return fail(
            f"{host} does not show a certificate that Slack would trust ({type(error).__name__})",
            "look at the proxy that ends TLS: its certificate, its names, and that it listens",
        )
    shown = writer.get_extra_info("peercert") or {}
    writer.close()
    days = (ssl.cert_time_to_seconds(str(shown["notAfter"])) - time.time()) / _DAY_S
    if days < _CERTIFICATE_DAYS:
        return warn(f"the certificate of {host} ends in {days:.0f} days", "renew it")
    return ok(f"the certificate of {host} holds for {days:.0f} more days")
