"""Orders planted in a document: to the machine that reads it, or to hand a secret to a stranger.

An order is found by who is ordered and to do what, not by a list of known attacks. What is found is
only left unquoted: containment holds without it.
"""

from __future__ import annotations

import re
import unicodedata

from engine.containment import INVISIBLE, urls_in

_ADDRESSES_MACHINE = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:(?:your|all|any|these|previous|prior"
    r"|above|earlier|preceding|former|the)\b.{0,40}\b(?:instructions?|prompts?)"
    r"|(?:your|all|these|previous|prior|above|earlier|preceding|former)\b.{0,40}\b(?:rules"
    r"|guidelines|guardrails))\b"
    r"|\b(?:ignore|disregard|forget|override|bypass) (?:instructions?|prompts?)\b"
    r"|\b(?:system|developer|hidden|initial) (?:prompt|message|instructions?)\b"
    r"|\btell (?:the|every|all|any|each|your) users?\b"
    r"|\b(?:respond|reply|answer) (?:only )?(?:to (?:the|every|all|any) users?|with the (?:exact"
    r"|following) (?:words|text|phrase))\b"
    r"|\byou are (?:now )?(?:an? )?(?:\w+ )?(?:ai|assistant|chatbot|bot|language model|llm"
    r"|dan)\b|\bas an? (?:ai|assistant|language model)\b"
    r"|^\W*(?:assistant|system|chatbot|bot|ai|llm|chatgpt|claude|gpt)\s*[:,>]\s"
    r"|\b(?:note|attention|message|instructions?) (?:to|for) (?:the )?(?:ai|assistants?|chatbots?"
    r"|bots?|llms?|language models?)\b"
    r"|\b(?:do not|don't|never) mention (?:this|these|that)\b|\bfrom now on,? (?:you|tell|answer)\b"
    r"|\bnew instructions?\s*:|\b(?:reveal|print|output|repeat) (?:your|the) (?:system|hidden"
    r"|initial|secret)\b|<\|?(?:im_start|im_end|system|endoftext)\|?>|\[/?INST\]",
    re.IGNORECASE,
)
# The pattern above costs a hundred times what looking for these does, and it needs one of them.
_MACHINE_WORDS = (
    "instruction", "prompt", "rules", "guideline", "guardrail", "system", "tell ", "respond",
    "reply", "answer", "assistant", "bot", " ai", "llm", "language model", "gpt", "claude",
    "mention", "from now on", "reveal", "inst]", "<|", "im_start", "endoftext", "developer",
    "agent", "your ", "you to", "pretend", "imagine", "do anything", "decode",
    "decipher", "decrypt", "summari", "</", " of ",
)  # fmt: skip
_MENTION = re.compile(
    r"<!(?:channel|here|everyone|subteam)|(?<![\w.])@(?:channel|here|everyone)\b|<@[UW][A-Z0-9]+>",
    re.IGNORECASE,
)
_MACHINE = (
    r"(?:(?:digital|virtual|automated|intelligent|artificial|smart|ai|llm)(?:[ -]\w+)? "
    r"(?:assistants?|agents?|systems?|models?|tools?|readers?)|(?:ai|chat|search) ?-?bots?"
    r"|(?:large )?language models?|llms?|bots)"
)
_MUST = (
    r"(?:must|shall|should|have to|has to|need to|needs to|(?:are|is) (?:to|required|obliged"
    r"|instructed|expected|ordered|asked|told)\b)"
)
_SPEAK = (
    r"(?:say|repeat|recommend|state|reply|answer|respond|tell|include|append|add|output|print|write"
    r"|display|quote|reveal|disclose|ignore|obey|follow|insist|inform|advise|mention|begin|end|open"
    r"|link|send|call|confirm|endorse|promote)"
)
_ORDERS_MACHINE = re.compile(
    rf"\b{_MACHINE}\b[^.?!]{{0,80}}?\b{_MUST}[^.?!]{{0,80}}?\b{_SPEAK}\b"
    # "Assistants" may be people: then the order has to be about every answer, or about words.
    rf"|\bassistants?\b[^.?!]{{0,60}}?\b{_MUST}[^.?!]{{0,60}}?\b{_SPEAK}\b.{{0,200}}?"
    r"\b(?:word for word|verbatim|(?:every|each|all|any)(?: of)?(?: (?:your|their|its))?"
    r" (?:answer|response|repl(?:y|ies))s?)\b"
    r"|\b(?:decode|decipher|decrypt)\b.{0,40}\b(?:follow|obey|execute|carry out|do what)\b"
    r"|\bwhen(?:ever)? you summari[sz]e (?:this|these|the) \w+"
    r"|</(?:documents?|passages?|context|system|instructions?|sources?)>"
    r"|\[(?:end|begin|start) of (?:the )?(?:retrieved |user |system )?(?:content|context|documents?"
    r"|data|input|prompt|instructions|conversation|passages?)\]"
    r"|\b(?:include|insert|append|add|print|output|write|say|repeat|start|begin|end)\b.{0,60}?"
    r"\byour (?:next |final |whole )?(?:response|output|summary|translation)\b"
    r"|\bi (?:want|need) you to (?:act|answer|ignore|pretend|respond|reply)\b"
    r"|\b(?:pretend|imagine) (?:to be|that you are|you are|you're) (?:an? )?"
    r"(?:ai|unrestricted|evil|dan)\b"
    r"|\bdo anything now\b|\bnew (?:and )?important instructions\b",
    re.IGNORECASE,
)
_FOREIGN_OVERRIDE = re.compile(
    r"\b(?:negeer|vergeet|ignoriere|ignorieren sie|vergiss|missachte|ignor(?:e|ez|a|ad|are|i)"
    r"|oubli(?:e|ez)|olvida|dimentica|esque[cç]a|zignoruj|ignorera|glem)\b.{0,40}"
    r"\b(?:instructies?|regels|aanwijzingen|anweisungen|regeln|anleitungen|instructions|consignes"
    r"|règles|regles|instrucciones|reglas|istruzioni|regole|instruções|instrucoes|regras"
    r"|instrukcje|instruktioner)\b",
    re.IGNORECASE,
)
_GUARDED = (
    r"(?:pass(?:word|code|phrase)s?|pin(?: code)?|credentials|login (?:details|data)|one-time code"
    r"|(?:otp|2fa|mfa|security|verification) codes?|seed phrase|(?:private|api|recovery) keys?"
    r"|card number|cvv|passport)"
)
_HANDS_OVER = re.compile(
    rf"\b(?:send|e-?mail|text|forward|share|reply with)\b.{{0,60}}\byour\b.{{0,40}}\b{_GUARDED}\b",
    re.IGNORECASE,
)
_THREATENS = re.compile(
    r"\b(?:or|otherwise|to avoid|before|unless)\b.{0,40}\byour (?:account|access|mailbox|badge)"
    r" (?:will be|being|is|gets) (?:closed|suspended|locked|deleted|disabled|terminated|blocked)",
    re.IGNORECASE,
)
_FOREIGN_WORDS = (
    "instruc", "instruk", "istruz", "regel", "regl", "règl", "regol", "regra", "anw", "aanw",
    "anleit", "consigne",
)  # fmt: skip


def addresses_machine(text: str) -> bool:
    """Whether the text gives orders to an assistant, or would call a whole channel."""
    if ("@" in text or "<" in text) and _MENTION.search(text):
        return True
    text = comparable(text)
    lower = f" {text.lower()}"
    if any(word in lower for word in _MACHINE_WORDS) and (
        _ADDRESSES_MACHINE.search(text) or _ORDERS_MACHINE.search(text)
    ):
        return True
    return orders_in_other_languages(text)


def orders_in_other_languages(text: str) -> bool:
    """Whether a comparable text says "ignore your rules" in a language of the European Union."""
    lower = text.lower()
    return any(word in lower for word in _FOREIGN_WORDS) and bool(_FOREIGN_OVERRIDE.search(text))


def baits(text: str) -> bool:
    """Whether the text wants a secret sent to an address, or threatens until one is visited."""
    if "@" not in text and not urls_in(text):
        return False
    text = comparable(text)
    return bool(_HANDS_OVER.search(text) or _THREATENS.search(text))


def is_planted(text: str) -> bool:
    """Whether the text is an order or bait that no answer may say as its own."""
    return addresses_machine(text) or baits(text)


def may_be_planted(text: str) -> bool:
    """False where no part of a text can be planted; much cheaper than looking closely."""
    lower = f" {comparable(text).lower()}"
    return (
        "@" in text
        or "<" in text
        or "://" in text
        or "www." in lower
        or any(word in lower for word in (*_MACHINE_WORDS, *_FOREIGN_WORDS))
    )


def comparable(text: str) -> str:
    """The text as it is compared: without what shows nothing, compatible characters made alike."""
    return text if text.isascii() else unicodedata.normalize("NFKC", INVISIBLE.sub("", text))
