from __future__ import annotations

import pytest

from engine.knowledge.address import without_secrets

HOST = "https://h.example/a.html"


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Algorithm=AWS4&X-Amz-Credential=K&X-Amz-Date=D&X-Amz-Expires=60&X-Amz-Signature=S",
        "x%2Damz%2Dsignature=S",
        "AWSAccessKeyId=K&Expires=1&Signature=S",
        "X-Goog-Algorithm=G&X-Goog-Signature=S",
        "GoogleAccessId=K&Expires=1&Signature=S",
        "sv=2024&ss=b&srt=o&sp=r&se=2026&st=2025&spr=https&sig=S",
        "Policy=P&Signature=S&Key-Pair-Id=K",
        "token=S",
        "access_token=S",
        "private-token=S;apiKey=S",
        "key=S",
        "client_secret=S",
        "PASSWORD=S&jwt=S",
    ],
)
def test_parameters_that_open_an_address_are_left_out(query: str) -> None:
    assert without_secrets(f"{HOST}?{query}") == HOST
    assert without_secrets(f"{HOST}?page=2&{query}&x=%20") == f"{HOST}?page=2&x=%20"
    assert without_secrets(f"{HOST}?page=2#{query}") == f"{HOST}?page=2"


@pytest.mark.parametrize(
    "address",
    [
        HOST,
        f"{HOST}?page=2&sort=a#part",
        f"{HOST}?sp=3&st=x",
        f"{HOST}?keyword=a&monkey=b&q=token",
        "s3://bucket/docs/report?.md",
        "s3://bucket/[a-z]*/**.md",
        "github://org:repo@main/docs",
        "abfs://container@account/docs",
        "sftp://kate@h.example/docs",
        "http://[::1]:8000/a",
        "/no/address?token=x",
    ],
)
def test_what_only_names_a_place_stays(address: str) -> None:
    assert without_secrets(address) == address


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://ann:S@h.example/a", "https://h.example/a"),
        ("https://S@h.example/a", "https://h.example/a"),
        ("ftp://kate:S@h.example/a", "ftp://kate@h.example/a"),
        ("sftp://kate:S@T@h.example", "sftp://kate@h.example"),
        ("zip://a.md::https://S@h.example/a.zip?sig=S", "zip://a.md::https://h.example/a.zip"),
    ],
)
def test_passwords_are_left_out_wherever_they_stand(address: str, kept: str) -> None:
    assert without_secrets(address) == kept == without_secrets(kept)
