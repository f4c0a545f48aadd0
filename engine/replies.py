"""The fixed sentences an asker may read."""

from __future__ import annotations

from collections.abc import Sequence

EMPTY_QUESTION = "What would you like to know? Ask me in a sentence or a few keywords."
NO_DOCUMENTS = (
    "I have no documents to answer from yet, so a person needs to look at this. Whoever runs me "
    "can add some with `deskhand ingest`."
)
NOT_IN_CORPUS = (
    "I could not find the answer in the documents I may use here, so a person needs to look at "
    "this."
)
LOW_CONFIDENCE = (
    "I found something related but I am not sure that it answers your question, so a person needs "
    "to look at this before I say more."
)
REVIEWED = "A person looks at every answer in this channel before it is given."
OUT_OF_SCOPE = (
    "That does not look like something our documents cover, so I will not guess. Ask me about what "
    "is in the company's documents; if this is about work after all, say it with a few more words."
)
REFUSED_ORDERS = (
    "I answer questions from the company's documents and keep to how I was set up, so I will not "
    "do that. If there is a question behind it, ask me just that, or ask for a person."
)
REFUSED_CREDENTIAL = (
    "I do not give out passwords, keys or other credentials, whatever our documents say. If you "
    "need access, ask for a person, who can see to it."
)
REFUSED_PERSONAL = (
    "That is private to somebody else, so I do not tell it, whatever our documents say. If you "
    "need it for your work, ask for a person, who can see whether you may have it."
)
FAILED = (
    "Something went wrong on my side and I could not answer. A person needs to look at this; the "
    "question's id is {trace_id}."
)
CONFLICT = (
    "Our documents disagree about this: {what}. A person needs to say which one holds. This is "
    "what they say:"
)
_CLARIFY = "That could be about several things. Which one do you mean?"


def clarify(choices: Sequence[str]) -> str:
    """One question back, with its choices as a numbered list."""
    lines = [f"{number}. {choice}" for number, choice in enumerate(choices, start=1)]
    return "\n".join((_CLARIFY, "", *lines))
