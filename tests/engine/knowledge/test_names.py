from __future__ import annotations

from engine.knowledge.names import spoken_name


def test_a_name_in_a_sentence_is_short_and_on_one_line_and_keeps_its_ending() -> None:
    assert spoken_name("a\nb\u202ecod.\x1b[31mmd\u200b") == "a bcod.[31mmd"
    long = spoken_name("x" * 1000 + ".md")
    assert (len(long), long[:3], long[-5:]) == (120, "xxx", "xx.md")
    assert spoken_name("\u200b\n") == "a document"
    assert spoken_name("https://wiki.example/a") == "https://wiki.example/a"
    assert spoken_name("caf\udce9.md") == "caf\\xe9.md"
