import pytest

from engine.knowledge.decode import clean_text, decode_text


def test_text_is_read_in_the_encoding_it_is_in() -> None:
    words = "Grüße — 3 € für Zoë"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252"):
        assert decode_text(words.encode(encoding)) == words


def test_one_bad_byte_does_not_turn_utf8_into_gibberish() -> None:
    assert decode_text("Grüße über München".encode() + b"\xff!") == "Grüße über München\ufffd!"


def test_bytes_that_are_no_text_are_refused() -> None:
    for data in (bytes(range(256)) * 4, b"\x00\x01\x02\x03" * 50, b"\x7fELF" + bytes(90)):
        with pytest.raises(ValueError, match=r"NUL|text"):
            decode_text(data)


def test_text_comes_out_clean() -> None:
    assert clean_text("\ufeffa\x00b\ud800c\r\nd\re\x0cf\u2028g") == "abc\nd\ne\nf\ng"
    assert clean_text("e\u0301") == "é"
