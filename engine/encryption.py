"""Secrets that are kept, encrypted: what the database holds of them opens nothing by itself.

Fernet (AES-128-CBC with an HMAC, https://github.com/fernet/spec), by `cryptography`. What a secret
is of is sealed along with it, so that one row's cannot be put in another's place.
"""

from __future__ import annotations

import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from engine.errors import DeskhandError, SettingsInvalid

_SETTING = "DESKHAND_ENCRYPTION__KEYS"
_MAKE = "make one by `deskhand keys new`"


class SecretUnreadable(DeskhandError):
    """What is kept was encrypted with a key that is not here, or was changed."""


def new_key() -> str:
    """A key drawn by chance, as the setting takes it."""
    return Fernet.generate_key().decode("ascii")


class Keyring:
    """Encrypts with the first of its keys, and decrypts with whichever fits.

    keys: as `new_key` makes them, with commas or blanks between, the newest first.

    Raises: SettingsInvalid where there is none, or one is no key; it never says which text it was.
    """

    def __init__(self, keys: str) -> None:
        named = keys.replace(",", " ").split()
        if not named:
            raise SettingsInvalid(
                f"{_SETTING} is not set, and the tokens of workspaces that install the app are "
                f"kept encrypted only; {_MAKE}"
            )
        try:
            self._fernets = [Fernet(key) for key in named]
        except ValueError:
            raise SettingsInvalid(f"{_SETTING} holds what is no key; {_MAKE}") from None
        self._all = MultiFernet(self._fernets)

    def seal(self, secret: str, of: str) -> str:
        """The secret, encrypted. of: whose it is; needed to open it."""
        return self._all.encrypt(json.dumps([of, secret]).encode()).decode("ascii")

    def open(self, sealed: str, of: str) -> str:
        """The secret again.

        Raises: SecretUnreadable.
        """
        try:
            owner, secret = json.loads(self._all.decrypt(sealed.encode()))
        except (InvalidToken, ValueError):
            raise SecretUnreadable(
                f"a token in the database cannot be decrypted; add the key that it was encrypted "
                f"with to the end of {_SETTING}, or install the app in that workspace again"
            ) from None
        if owner != of:
            raise SecretUnreadable(
                "a token in the database belongs to another workspace than its row says; install "
                "the app in that workspace again"
            )
        return str(secret)

    def is_of_newest(self, sealed: str) -> bool:
        """Whether it was encrypted with the first key."""
        try:
            self._fernets[0].decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True
