"""Who is meant by a word in a thread, by the rules and on believable threads."""

from __future__ import annotations

import pytest

from bot.intake.follow_up import Word, is_for_asker, is_meant_for_bot, summoned_to

BOT, ANN, BOB = "UBOT", "UANN", "UBOB"
ASKED = Word(user=ANN, text="<@UBOT> how many days of leave do I get?", ours=False)
ANSWERED = Word(user=BOT, text="You get 25 days. [1]", ours=True)


def meant(text: str, *, user: str = ANN, then: tuple[Word, ...] = ()) -> bool:
    return is_meant_for_bot(text, user=user, before=(ASKED, ANSWERED, *then), bot_user=BOT)


@pytest.mark.parametrize(
    "text",
    [
        "And for contractors?",
        "what about part-time",
        "and in Germany",
        "I did that and it still doesn't work",
        "I get an error when I open the form",
        "thanks, but where is the form?",
        "Can I carry them over",
        "ok and how do I apply?",
        "do I need a form",
        "is there a limit",
        "any way to speed it up",
        "what if I leave before that",
        "thanks, does it count for interns too",
        "it works for me but not for my colleague",
    ],
)
def test_the_asker_is_answered_when_going_on(text: str) -> None:
    assert meant(text)


@pytest.mark.parametrize(
    "text",
    [
        "thanks!",
        "Thank you so much",
        "ok great, thanks",
        "got it, thank you",
        "perfect",
        ":+1:",
        ":tada: :tada:",
        "👍",
        "that helped!",
        "I will ask my manager on Monday",
        "Can confirm it works now",
        "Have a nice weekend",
        "Will do that now",
        "Did that, works",
        "Had to restart it, all good",
        "Is fixed now",
        "what a day",
        "no more questions, thanks!",
        "not a problem, thank you!",
        "and that fixed it",
        "",
    ],
)
def test_a_courtesy_wants_no_answer(text: str) -> None:
    assert not meant(text)


@pytest.mark.parametrize(
    "text",
    [
        "<@UBOB> do you know?",
        "<!here> does anybody know?",
        "<!subteam^S123|@hr> can you confirm?",
    ],
)
def test_who_names_somebody_else_talks_to_them(text: str) -> None:
    assert not meant(text)


def test_naming_the_bot_always_means_it() -> None:
    assert meant("<@UBOB> says no. <@UBOT> thanks", user=BOB)


def test_another_person_is_answered_for_a_question_right_behind_the_answer() -> None:
    assert meant("Is that the same for apprentices?", user=BOB)
    assert not meant("I always take all of mine in summer", user=BOB)
    assert not meant("it doesn't work for me", user=BOB)


def test_behind_a_persons_word_the_thread_is_theirs() -> None:
    bob = Word(user=BOB, text="It is 30 in my team.", ours=False)
    assert not meant("Really, since when?", user="UCARL", then=(bob,))
    assert not meant("and mine too", user=ANN, then=(bob,))
    assert meant("How do I see how many I have left?", user=ANN, then=(bob,))


def test_a_thread_without_our_word_is_not_ours() -> None:
    assert not is_meant_for_bot("and how?", user=ANN, before=(ASKED,), bot_user=BOT)
    assert not is_meant_for_bot("and how?", user=ANN, before=(), bot_user=BOT)


@pytest.mark.parametrize(
    ("thread", "meant_word"),
    [
        ([], None),
        ([(BOT, "hello")], None),
        ([(ANN, "the VPN is broken")], 0),
        ([(ANN, "the VPN is broken"), (BOB, "oh no")], 0),
        ([(ANN, "how do I get the VPN?"), (BOB, "no idea :shrug:")], 0),
        ([(ANN, "how do I get the VPN?"), (BOB, "which one do you mean?"), (ANN, "the new")], 0),
        ([(ANN, "a word on leave"), (BOB, "how long is it?"), (BOB, "anybody")], 1),
        ([(ANN, "how long is leave?"), (BOT, "16 weeks"), (ANN, "who pays it?")], 2),
    ],
)
def test_a_mention_that_asks_nothing_means_the_threads_question(
    thread: list[tuple[str, str]], meant_word: int | None
) -> None:
    words = [Word(user=user, text=text, ours=user == BOT) for user, text in thread]
    assert summoned_to(words, bot_user=BOT) == meant_word


@pytest.mark.parametrize(
    ("text", "passed_on"),
    [
        ("It is sixteen weeks.", True),
        ("Yes", True),
        ("no.", True),
        ("Thanks for asking: it is sixteen.", True),
        ("thanks!", False),
        ("ok", False),
        ("<@UANN> it is sixteen weeks", True),
        ("Please ask <@UBOB>, he knows.", True),
        ("<@UBOB> do you know this one?", False),
        ("<!subteam^S0LEADS> who takes this?", False),
        (":eyes:", False),
        ("", False),
    ],
)
def test_what_people_say_among_themselves_under_a_card_stays_there(
    text: str, passed_on: bool
) -> None:
    assert is_for_asker(text, asker=ANN, bot_user=BOT) is passed_on
