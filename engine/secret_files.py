"""Files that hold one value each, as Kubernetes, Docker, Vault and the clouds mount secrets."""

from __future__ import annotations

from pathlib import Path

from engine.errors import SettingsInvalid

FILE_SUFFIX = "_FILE"
"""A setting's name with it names the file that holds its value."""

_MOST_BYTES = 64 * 1024
"""Far more than any key; a wrong path may lead to a device or a log."""


def read_file(name: str, path: Path) -> str:
    """What the file holds that `name` names, without the space around it.

    Raises: SettingsInvalid where that is nothing.
    """
    if not path.is_file():
        raise SettingsInvalid(f"{name} names {path}, which is no file; mount the secret there")
    value = text_of(path)
    if not value:
        raise SettingsInvalid(f"{name} names {path}, which is empty; put the value into it")
    return value


def text_of(path: Path) -> str:
    """The text of a secret's file, without the space around it.

    Raises: SettingsInvalid where it cannot be read.
    """
    try:
        with path.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
        text = content.decode("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsInvalid(
            f"the secret file {path} cannot be read as text; let this user read it"
        ) from None
    if len(content) > _MOST_BYTES:
        raise SettingsInvalid(f"the secret file {path} is too long for a secret; name another")
    return text
