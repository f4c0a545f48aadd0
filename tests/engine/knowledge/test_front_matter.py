import time

from engine.knowledge.front_matter import split_front_matter


def test_front_matter_is_read_and_cut_off() -> None:
    fields, rest = split_front_matter(
        "---\nTitle: Leave\naudience: [a, b]\nupdated: 2024-05-06\n---\nBody\n"
    )
    assert fields == {"title": "Leave", "audience": ["a", "b"], "updated": "2024-05-06"}
    assert rest == "Body\n"


def test_broken_front_matter_costs_a_field_and_not_the_page() -> None:
    fields, rest = split_front_matter('---\ntitle: A: B: C\nbad: [1,\nowner: "Ann"\n---\nBody')
    assert fields["title"] == "A: B: C"
    assert fields["owner"] == "Ann"
    assert rest == "Body"


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    for text in ("---\n\nJust text.\n\n---\nMore", "---\nno end", "Body --- x"):
        assert split_front_matter(text) == ({}, text)


def test_yaml_that_would_build_objects_or_gigabytes_is_harmless() -> None:
    assert split_front_matter("---\na: !!python/object/apply:os.getcwd []\n---\nB")[1].endswith("B")
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    began = time.monotonic()
    split_front_matter("---\n" + "\n".join(lines) + "\n---\nBody")
    assert time.monotonic() - began < 2
