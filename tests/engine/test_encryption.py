from __future__ import annotations

import pytest

from engine.encryption import Keyring, SecretUnreadable, new_key
from engine.errors import SettingsInvalid

SECRET = "xoxb-1-of-acme"


def test_a_sealed_secret_shows_nothing_and_opens_for_its_owner_alone() -> None:
    keys = Keyring(new_key())
    sealed = keys.seal(SECRET, "T1")
    assert SECRET not in sealed
    assert keys.seal(SECRET, "T1") != sealed
    assert keys.open(sealed, "T1") == SECRET
    with pytest.raises(SecretUnreadable, match="another workspace"):
        keys.open(sealed, "T2")


def test_older_keys_open_and_the_newest_seals() -> None:
    old, new = new_key(), new_key()
    sealed = Keyring(old).seal(SECRET, "T1")
    both = Keyring(f"{new}, {old}")
    assert both.open(sealed, "T1") == SECRET
    assert not both.is_of_newest(sealed)
    again = both.seal(SECRET, "T1")
    assert both.is_of_newest(again)
    assert Keyring(new).open(again, "T1") == SECRET
    with pytest.raises(SecretUnreadable, match="DESKHAND_ENCRYPTION__KEYS"):
        Keyring(new).open(sealed, "T1")


def test_what_was_changed_does_not_open() -> None:
    keys = Keyring(new_key())
    sealed = keys.seal(SECRET, "T1")
    with pytest.raises(SecretUnreadable):
        keys.open(sealed[:-8] + "AAAAAAA=", "T1")


@pytest.mark.parametrize("given", ["", " , ", "hunter2", "A" * 42])
def test_what_is_no_key_is_refused_without_being_shown(given: str) -> None:
    with pytest.raises(SettingsInvalid, match="deskhand keys new") as refused:
        Keyring(given)
    assert not given.strip(" ,") or given not in str(refused.value)
