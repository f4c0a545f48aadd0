"""Orders to the bot in a question: to drop its rules, to be somebody else, to show its prompt.

An order is known by who is told to do what. Words that stand in quotation marks are talked about,
not meant, unless the bot is told to carry them out. What is found is left out of the question;
containment holds without it.
"""

from __future__ import annotations

import re

from engine.generation.planted_orders import comparable, orders_in_other_languages

# Where an order begins: at the start of a clause, after a word that leads to it, or after "you".
_ORDERED = (
    r"(?:^|[,:;–—(>*\"'-]\s*|\b(?:please|now|then|first|also|just|so|simply|must|and|to|will"
    r"|should|can"
    r"|shall|you)\s+)"
)
_OWN_RULES = (
    r"(?:(?:your|all|any|these|those|previous|prior|above|earlier|preceding|former|other"
    r"|the)\s+){1,4}"
    r"(?:\w+\s+){0,2}?(?:instructions?|prompts?|commands|guardrails?|programming|system message"
    r"|directives)\b(?!\s+(?:for|of|on|about|in)\s+(?!you\b))"
    r"|(?:all |any )?(?:of )?your\s+(?:\w+\s+){0,2}?(?:rules|guidelines|restrictions|limits"
    r"|limitations"
    r"|policies|training|filters?|safety|constraints|ethics|principles|documents|sources"
    r"|knowledge base)\b"
    r"|(?:all |any |the )?(?:previous|prior|above|earlier|preceding|former|existing)\s+(?:\w+\s+)?"
    r"(?:rules|guidelines|restrictions|constraints)\b"
    r"|(?:everything|all|anything|what|whatever)(?: that)? (?:you (?:were|have been|are|know"
    r"|learned)"
    r"|(?:is |was |stands? )?(?:above|before)\b(?: (?:this|you|line))?)"
    r"|the documents,? (?:right|ok|okay|and)\b"
)
_OVERRIDES = re.compile(
    rf"{_ORDERED}(?:ignore|disregard|forget|override|bypass|drop|abandon|set aside|stop following"
    rf"|don't follow|do not follow|violate|break|pay no attention to|turn off|disable)\s+"
    rf"(?:about\s+)?(?:{_OWN_RULES})",
    re.IGNORECASE | re.MULTILINE,
)
_NOBODY = (
    r"(?:dan|jailbr\w+|unrestricted|unfiltered|uncensored|unlimited|evil|amoral|unethical|rogue"
    r"|immoral|omnipotent|all-?powerful|oracle|fictional|hacker|malicious|developer mode)"
)
_PERSONA = re.compile(
    r"\b(?:you are|you're|you will be|be|become|act as|acting as|behave like|respond as|answer as"
    r"|role-?play(?:ing)? as|simulate|pretend (?:to be|you are|you're|that you are)"
    r"|imagine you(?:'re| are)"
    rf"|take on the (?:role|persona) of|assume the role of)\s+(?:now\s+)?(?:an?|the|my|your)?\s*"
    rf"(?:\w+[ ,]+){{0,3}}?{_NOBODY}\b"
    r"|^\W*(?:now,? )?(?:you are|you're|be|become) (?:now |going to be )?(?:an? |the "
    r"|my )?(?:[\w-]+[ ,]+){0,3}?"
    r"(?:ai|assistant|bot|chatbot|language model|llm|character|terminal|console"
    r"|simulator)\b[, ]*(?:that|who|which"
    r"|with|named|called|without|and|in|from|trained|\.|:)"
    r"|\b(?:please |now )?be my (?:grand(?:ma|mother|pa|father)|accomplice)\b"
    r"|\b(?:i (?:want|need|would like) you to|you (?:will|must|shall|are going to"
    r"|should)(?: now)?) "
    r"(?:act as|act like|role-?play|pretend|impersonate|simulate|behave|answer every|never refuse"
    r"|obey|comply)\b"
    r"|\bfrom (?:now|this (?:point|moment)|here) (?:on|onwards?|forward)?,? ?you(?:'ll|'re"
    r"| (?:will|are|must|can"
    r"|ignore|answer|have|shall|do|may|never))\b"
    r"|\byou are (?:now |no longer |not )?(?:\w+, an? |bound by|free (?:of|from)|going to (?:act"
    r"|play|pretend))"
    r"|\b(?:stay|remain|never break|break) (?:in )?(?:of )?character\b|\bdo anything now\b"
    r"|\b(?:developer|god|dan|jailbreak|unrestricted|sudo|debug) mode (?:is )?(?:on|enabled"
    r"|activated)"
    r"|\b(?:enable|enter|activate|switch to|turn on) (?:the )?(?:developer|god|dan|jailbreak"
    r"|unrestricted"
    r"|evil) mode\b"
    r"|\b(?:without|no|free of|free from|has no|have no|with no) (?:any )?(?:\w+ )?(?:restrictions"
    r"|filters"
    r"|moral\w*|ethic\w*|censorship|guardrails)\b.{0,60}\b(?:you|your|ai|bot|assistant)\b"
    r"|^\W*(?:now )?(?:you )?(?:act|role-?play|play|pose) as (?:if|an?|two|\d|my|the|[A-Z]\w+[.,!])"
    r"|^\W*(?:act like|pretend|simulate) (?:you|an?|to)\b"
    r"|\byou (?:always|never) (?:refuse|comply|obey|start (?:your|every)|answer every)"
    r"|\b(?:chat ?gpt|gpt-?\d?|openai(?:'s)?|(?:large )?language models?)\b.{0,60}\b(?:polic(?:y"
    r"|ies)|guidelines"
    r"|restrictions|content warning|rules|does not apply|freed?|unlocked|jailbr\w+)\b"
    r"|\b(?:the )?(?:hero|character|villain|wizard|narrator)\b.{0,80}\b(?:help ?bot|bot|assistant"
    r"|ai)\b"
    r".{0,120}\b(?:recites?|reveals?|explains?|tells?|lists?|says?)\b",
    re.IGNORECASE | re.DOTALL,
)
_TEXT_OF_OWN = (
    r"(?:your (?:\w+ ){0,2}?(?:prompts?|instructions|system messages?|developer messages?"
    r"|guidelines|rules|configuration|context window)"
    r"|the (?:(?:full|whole|exact|entire|complete|hidden|secret|initial|original) )*(?:system"
    r"|developer|hidden"
    r"|secret|initial) (?:prompts?|messages?)\b(?! (?:of|for|in) (?!this|you))"
    r"|(?:everything|all(?: of)?(?: the)? (?:text|words|content)|the (?:text|words|lines?|content"
    r"|sentences?))"
    r" (?:\w+ ){0,2}?(?:above(?= *(?:$|[.,:;!?]|this|my|the|line|in|and|it|as|verbatim|exactly))"
    r"|before (?:this|my|the passages|your))"
    r"|what (?:stands|is|was) (?:written )?above (?:this|my))"
)
_TELLS = (
    r"(?:reveal|print|output|repeat|show|display|recite|quote|spell|translate|summari[sz]e"
    r"|paraphrase"
    r"|tell|give|list|leak|dump|write|copy|state|disclose|share|provide|reproduce|encode|expose"
    r"|echo"
    r"|need|want|describe|reverse|export|return|type)"
)
_EXTRACTS = re.compile(
    rf"{_ORDERED}(?:{_TELLS})\s+(?:\w+\s+){{0,4}}?(?:{_TEXT_OF_OWN})"
    rf"|\b(?:what (?:are|is|were|was)|what's)\s+(?:\w+\s+){{0,2}}?your (?:\w+ )?(?:system "
    rf"|initial |hidden "
    r"|original |secret |exact |internal )?(?:prompt|instructions|system message"
    r"|developer message)\b"
    r"|\bwhat (?:instructions|rules|prompt|guidelines) (?:were|was|have"
    r"|are) you (?:been )?(?:given|told|under"
    r"|following)"
    r"|\b(?:what|whatever|everything|the (?:text|words))\b.{0,30}\byou (?:were|have been) (?:told"
    r"|instructed)"
    r"|\bwhat (?:were|have) you (?:been )?(?:told|instructed)\b"
    r"|\b(?:rules|instructions|guidelines) (?:that )?you (?:follow|were given|have been given"
    r"|must follow"
    r"|obey|received|got)\b"
    r"|\b(?:the )?text\b.{0,20}\b(?:comes|stands|is|was) before the (?:passages|conversation"
    r"|question)\b"
    r"|\bcomplete (?:the|this) sentence\b.{0,20}\byou are an? (?:ai|assistant|helpful)\b"
    r"|\bhow were you (?:prompted|instructed|programmed)\b"
    r"|\b(?:system|developer) (?:prompt|message)\b.{0,80}\bof (?:this|the) (?:assistant|bot|ai"
    r"|chatbot)\b",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_CARRIES_OUT = re.compile(
    r"\b(?:decode|decipher|decrypt|translate|unscramble|reverse|rot13|base64)\b.{0,120}"
    r"\b(?:and|then)\b.{0,20}\b(?:do (?:what|as|it)|follow|obey|execute|carry (?:it|them|that) out"
    r"|run it"
    r"|comply|act on)\b",
    re.IGNORECASE | re.DOTALL,
)
_FORGED_TURN = re.compile(
    r"<\|?/?(?:im_start|im_end|system|endoftext|eot_id|start_header_id)\|?>|\[/?INST\]|<</?SYS>>"
    r"|</(?:question|context|passages?|documents?|user|instructions?|prompt)>"
    r"|<(?:assistant|system)>"
    r"|^\W*system (?:notice|override|alert|update)\b.{0,200}\b(?:clearance|override|granted|raised"
    r"|lifted"
    r"|restrictions|unlocked)\b"
    r"|^\W*(?:begin|end|start) (?:of )?(?:system|admin|new) (?:prompt|instructions|override)\b",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_DICTATES = re.compile(
    rf"{_ORDERED}(?:end|begin|start|finish|close|prefix|sign|append|add|include|insert"
    rf"|put)\b.{{0,40}}"
    r"\b(?:your|every|each|all)\s+(?:\w+ )?(?:answers?|repl(?:y|ies)|responses?|messages?"
    r"|outputs?)\b"
    rf"|{_ORDERED}(?:say|write|print|output|repeat|respond|reply|answer)\s+(?:only\s+|exactly\s+)?"
    r"(?:with\s+)?(?:only\s+|exactly\s+)?(?:the (?:word|words|phrase|sentence|text|string)|(?:this"
    r"|these) words?)\b"
    r"|\byour only task\b",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_ASKS_HOW = re.compile(
    r"^\W*(?:(?:hi|hello|hey|please|so|and|but|ok|okay)\b\W*)*(?:how|where|when|why|who|which"
    r"|whose|may i|may we"
    r"|can i|can we|could i|could we|should i|should we|do i|do we|does|is|are|was|were"
    r"|what (?:should|do|did|does"
    r"|happens|can|must|if|to)|what's the (?:best|right|policy)|am i|has"
    r"|have)\b(?!.{0,40}\byou (?:told"
    r"|prompted|instructed|programmed))",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"(?<!\w)([\"'‘“«`])(?=\S)[^\"'’”»`\n]{2,300}?[\"'’”»`](?!\w)")
_BETWEEN = re.compile(r"(?<=[.!?;])\s+|\n+")
_LEET = str.maketrans("013457@$", "oieastas")
_MIXED_WORD = re.compile(r"\b(?=\w*[a-z@$])(?=\w*[0-9@$])[\w@$]+", re.IGNORECASE)
_LONGEST = 20_000


def without_orders(text: str) -> tuple[str, bool]:
    """The text without the sentences that order the bot about, and whether there were any.

    What follows a forged turn of the conversation is left out whole. Takes time linear in the
    text's length.
    """
    text = text[:_LONGEST]
    plain = comparable(text)
    forged = _FORGED_TURN.search(plain)
    kept, found = list[str](), forged is not None
    for sentence in _BETWEEN.split(plain[: forged.start()] if forged else text):
        if orders_bot(sentence):
            found = True
        else:
            kept.append(sentence)
    return (" ".join(kept).strip(), True) if found else (text, False)


def orders_bot(sentence: str) -> bool:
    """Whether a sentence is an order to the bot itself, not a question about such orders."""
    plain = _MIXED_WORD.sub(lambda word: word[0].translate(_LEET), comparable(sentence))
    if _CARRIES_OUT.search(plain) or _EXTRACTS.search(plain):
        return True
    meant = _QUOTED.sub(" ", plain)
    return not _ASKS_HOW.match(meant) and bool(
        _PERSONA.search(meant)
        or _OVERRIDES.search(meant)
        or _DICTATES.search(meant)
        or orders_in_other_languages(meant)
    )
