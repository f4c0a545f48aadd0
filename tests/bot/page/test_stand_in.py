from __future__ import annotations

from bot.page.stand_in import Manner, stand_in, written
from engine.generation.prompt import part
from evals.model_server.reply import Fault, Received

EDGE = "=====0123456789abcdef"
PASSAGES = (
    "# Leave\n\nEverybody who works here has leave. Parental leave is 16 weeks for each parent.\n"
    "- Tell your manager about parental leave three months before.",
    "# Office\n\nThe kitchen is on the second floor. Please keep it clean for the others.",
)


def prompt(question: str) -> str:
    passages = [
        part(EDGE, f'passage [{n}] "Title"', text) for n, text in enumerate(PASSAGES, start=1)
    ]
    return "\n".join([*passages, part(EDGE, "question", question), f"{EDGE} end"])


def received(question: str) -> Received:
    return Received(
        path="/v1/chat/completions",
        body={"messages": [{"role": "user", "content": prompt(question)}]},
    )


def test_it_writes_the_sentences_that_fit_with_their_marks() -> None:
    said = written(prompt("How long is parental leave?"), inventing=False)
    assert said.startswith("Parental leave is 16 weeks for each parent. [1]")
    assert "kitchen" not in said


def test_it_has_no_answer_to_what_no_passage_mentions() -> None:
    assert written(prompt("Who won the match?"), inventing=False) == "NO_ANSWER"


def test_what_it_invents_stands_in_no_passage() -> None:
    said = written(prompt("How long is parental leave?"), inventing=True)
    assert "Parental leave is 23 weeks for each parent. [1]" in said


def test_it_fails_and_takes_its_time_where_that_is_wanted() -> None:
    manners: set[Manner] = set()
    model = stand_in(lambda: frozenset(manners))
    assert model(received("parental leave?")).first_s == 0
    manners.add(Manner.SLOW)
    slow = model(received("parental leave?"))
    assert slow.first_s > 0
    assert "".join(slow.cut()) == slow.text
    manners.add(Manner.DOWN)
    assert model(received("parental leave?")).fault is Fault.SERVER_ERROR
