"""Questions for credentials, and for what is private of somebody else.

A question is known by what it wants and of whom. What is kept of everybody (passwords of a guest
network, pay bands) is no such thing, nor is how to change one's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from engine.generation.planted_orders import comparable


class Kept(StrEnum):
    """What is not given out."""

    CREDENTIAL = "credential"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a question wants. always: whatever the documents say; else only where they say
    nothing, and a person would be asked for it.
    """

    kept: Kept
    always: bool


_TITLES = (
    r"(?:ceo|cfo|cto|coo|boss|manager|supervisor|team ?lead|director|president|colleague"
    r"|co-?worker|team ?mate"
    r"|desk ?mate|employee|assistant|intern|neighbou?r|predecessor|successor|report|ex|customer"
    r"|client"
    r"|patient|tenant|applicant|candidate)"
)

# The head of what is asked for: "password policy" asks for a policy.
_CREDENTIAL = (
    r"(?:pass(?:word|phrase|code)s?|pins?(?: codes?)?|log-?in (?:details|data)|credentials"
    r"|(?:api|secret|private|access|encryption|signing|ssh|recovery|master|license) keys?"
    r"|(?:access|auth|api|bearer|session|refresh|bot|oauth) tokens?|recovery codes|seed phrases?"
    r"|(?:otp|2fa|mfa|one-time) codes?|(?:client|webhook|signing) secrets?)"
)
_HEAD = (
    r"(?!\s*(?:polic|rule|requirement|length|reset|manager|expir|rotat|format|strength|prompt"
    r"|field|history"
    r"|change|vault|hash|hint|protect|safe|auth|age|storage|box|sync|page|screen|for\s*\?|used"
    r"|mean|do\b|work"
    r"|look|must|should|have|has|need|expire|work))(?=\W|$)(?!-)"
)
_GIVES = (
    r"(?:give|tell|send|show|share|list|dump|print|reveal|display|leak|forward|provide|hand over"
    r"|post|paste"
    r"|export|write (?:down|out)|remind)"
)
_WORDS = (
    r"(?:(?!(?:for|of|on|about|to|in|with|behind|how|where|when|my|your)\b)[\w'’&/-]+\s+){0,5}?"
)
_ANYBODYS = r"(?<![\w.-])[\w.-]{1,60}['’]s"
_ASKS_CREDENTIAL = re.compile(
    rf"\b(?:what(?:'s| is| are|s| was)|which is|do you (?:know|have)|(?:does )?any(?:one"
    rf"|body) (?:know|have|got)"
    rf"|i (?:need|want)|(?:can|could|may) (?:i|we|you) (?:have|get|give me|tell me))\s+"
    rf"(?:the|our|all(?: the| of the)?|every"
    rf"|{_ANYBODYS})\s+{_WORDS}{_CREDENTIAL}{_HEAD}"
    rf"|(?:^|[.,:;!?]\s*|\b(?:please|and|then|you|you to|me)\s+){_GIVES}\s+(?:me\s+|us\s+|out\s+)?"
    rf"(?:(?:a|the) (?:list|copy) of\s+)?(?:the|our|all(?: the| of the)?|every|everyone['’]s"
    rf"|{_ANYBODYS})\s+"
    rf"{_WORDS}{_CREDENTIAL}{_HEAD}"
    rf"|\b(?:the )?list of (?:all )?(?:the )?(?:\w+ ){{0,3}}{_CREDENTIAL}{_HEAD}",
    re.IGNORECASE | re.MULTILINE,
)
_OPEN_TO_ALL = re.compile(
    r"\b(?:guest|visitors?|wi-?fi|wireless|wlan|meeting|zoom|teams|door|gate|garage|printer"
    r"|projector|default"
    r"|initial|demo|example|sample|test|public|copier|locker|conference|building|kitchen"
    r"|webinar)\b",
    re.IGNORECASE,
)
_OWN = re.compile(rf"(?i).{{0,40}}\bmy\b(?! {_TITLES})")
_GUARDED = re.compile(
    r"\b(?:root|admin\w*|prod\w*|database|db|master|service accounts?|server|ceo|cfo|cto|aws|azure"
    r"|gcp|private"
    r"|secret|ssh|all|every|every(?:one|body)['’]s|bank\w*|payroll|signing|encryption|token|tokens"
    r"|seed"
    r"|recovery|(?-i:[A-Z][a-z]+['’]s)|colleagues?['’]?s?|boss['’]?s?|manager['’]s)\b",
    re.IGNORECASE,
)

_NO_NAME = (
    r"(?!(?:What|Who|Where|When|Why|How|Which|Is|Are|Was|Were|Do|Does|Did|Can|Could|May|The|This"
    r"|That|It|There"
    r"|My|Our|Your|His|Her|Their|Company|Employees?|Customers?|Users?|Staff|Everyone|Today"
    r"|Tomorrow|Yesterday"
    r"|Last|Next|New|Please|Tell|Show|Give|Let|Here|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
    r"|January|February|March|April|June|July"
    r"|August"
    r"|September|October|November|December)\b)"
)
_NAME = (
    rf"(?:<@\w+(?:\|[^>]*)?>|@[\w.-]+|{_NO_NAME}[A-Z][a-zà-ÿ]+(?:[ -][A-Z][\w'’-]*[a-zà-ÿ]){{0,2}})"
)
_SOMEBODY = rf"(?:(?i:my|our|a|an|the|another) )(?i:{_TITLES})"
_WHOSE = (
    rf"(?:{_NAME}(?:['’]s|['’])|\b{_SOMEBODY}(?:['’]s|s['’])"
    r"|\b(?i:some(?:one|body)(?: else)?|every(?:one|body)|each other|another (?:person"
    r"|employee))['’]s"
    r"|\b(?i:his|her|their))"
)
_LOWER_WHOSE = (
    r"\b(?!(?:today|yesterday|company|firm|employee|month|year|week|team|department|group|what"
    r"|that|who|it|let"
    r"|here|there|country|state|office)['’])[a-z]{2,20}['’]s"
)
_HARD = (
    r"(?i:(?:exact |current )?salary|home address|private (?:phone|mobile|address|number)"
    r"|date of birth"
    r"|social security number|ssn|passport number|medical (?:records?|condition|history)|diagnosis"
    r"|personnel file|criminal record)"
)
_OF_WHOM = (
    rf"(?:{_NAME}(?![\w ]{{0,40}}\b(?i:inc|ltd|gmbh|corp|team|department|office|plan"
    rf"|portal)\b)(?=\W|$)"
    rf"|(?i:(?:my|our|another|an?) (?:\w+ )?{_TITLES}|(?:all|every|each)(?: of)?(?: the"
    rf"| our)? (?:\w+ )?"
    r"(?:employees?|colleagues?|staff|co-?workers|customers?|clients|patients?|applicants?|people"
    r"|users)"
    r"|every(?:one|body)(?: here| else)?|some(?:one|body) else|other (?:people|employees"
    r"|colleagues)))"
)
_PERSONAL = (
    r"(?i:(?:exact |current |monthly |annual |yearly |gross |net |base )*(?:salary|salaries|wages?"
    r"|paychecks?|pay ?slips?"
    r"|income|compensation|earnings)|(?:home|private|personal|residential) (?:phone(?: number)?"
    r"|address(?:es)?"
    r"|(?:mobile|cell)(?: phone)?(?: number)?|number|e-?mails?(?: address)?)|dates? of birth"
    r"|birth ?dates?"
    r"|(?:social security|passport|national insurance|identity card|id card|driver['’]s licen[cs]e"
    r"|tax)"
    r" (?:number|id|no\.?)s?|ssns?|(?:medical|health|hospital) (?:records?|condition|history"
    r"|status|problems?|data"
    r"|information|file)|diagnos[ie]s|illness(?:es)?|disabilit(?:y|ies)|pregnancy|sick (?:notes?"
    r"|days|leave)"
    r"|religion|sexual (?:orientation|preference)|ethnicity|political (?:views|opinions)"
    r"|criminal record"
    r"|background check(?: results?)?|personnel files?|performance (?:reviews?|ratings?"
    r"|evaluations?)"
    r"|disciplinary (?:records?|history|file)|written warnings?|credit (?:score|card(?: number)?)"
    r"|divorce|salary history"
    r"|browsing history|private (?:messages|chats?)|(?:direct messages|dms)|iban|bank (?:account"
    r"|details)"
    r"(?: number)?|drug test(?: results?)?|exit interview)"
)
_NOT_OF_ONE = (
    r"(?!\s*(?i:bands?|ranges?|polic|structures?|process|scales?|tables?|rules?|days?|slips? look"
    r"|run|cut-?off"
    r"|insurance|plan|template|forms?|guid|calendar|system|module|certificat|increase|advance"
    r"|sacrifice|review process"
    r"|letters?|statement|categor|tax|cycle|survey|benchmark|transparen|expectations?))"
)
_ASKS_PERSONAL = re.compile(
    rf"(?:{_WHOSE}\s+(?:[\w-]+\s+){{0,2}}?{_PERSONAL}{_NOT_OF_ONE})"
    rf"|{_LOWER_WHOSE}\s+{_HARD}{_NOT_OF_ONE}"
    rf"|{_PERSONAL}{_NOT_OF_ONE}\s+(?i:of|for|from)\s+{_OF_WHOM}"
    rf"|(?i:how much (?:money )?(?:does|did|do|is|are|was|will|would))\s+(?:{_OF_WHOM}"
    rf"|(?i:the {_TITLES}|he|she))\s+"
    r"(?i:earn|make(?! (?:of|it|a\b|from a))|get paid|paid|being paid|getting paid)"
    rf"|(?i:what (?:does|did|is|was|do))\s+(?:{_OF_WHOM}|(?i:the {_TITLES}|he|she))\s+(?i:earn"
    rf"|get paid|paid|being paid"
    r"|sick with|suffering from|ill with)"
    rf"|(?i:\b(?:is|was|are))\s+(?:{_OF_WHOM}|(?i:he|she))\s+(?i:pregnant|ill|seriously ill|gay"
    rf"|lesbian|bisexual|trans\w*"
    r"|married|divorced|single|depressed|disabled|an alcoholic|hiv|(?:getting|being|going to be"
    r"|about to be) (?:fired|laid"
    r" off|let go|dismissed|divorced))\b"
    rf"|(?i:\bwhy (?:was|is|did|has|were))\s+(?:{_OF_WHOM}|(?i:he|she))\s+(?:[\w']+\s+)?(?i:fired"
    rf"|dismissed|let go|laid off"
    r"|sacked|suspended|off sick|sick|absent|on (?:\w+ )?leave|in (?:the )?hospital|demoted"
    r"|warned)\b"
    rf"|(?i:\bwhere (?:does|do|did))\s+(?:{_OF_WHOM}|(?i:the {_TITLES}|he|she))\s+(?i:live\b"
    rf"|go to church)"
    rf"|(?i:what (?:\w+ )?(?:illness|disease|condition|disability|religion|diagnosis)) (?i:does"
    rf"|did|has) {_OF_WHOM}"
    r"|(?i:\b(?:which|who|any) of (?:my|our|the) (?:colleagues|co-?workers|employees"
    r"|team ?mates)\b.{0,20}\b(?:is|are"
    r"|has|have|was)\b.{0,20}\b(?:disab\w+|pregnan\w+|ill|sick|gay|divorced|depress\w+|cancer"
    r"|fired))"
    r"|(?i:\bwho\b.{0,30}\b(?:earns?|gets paid|makes|is paid) (?:the )?(?:most|more|less|least"
    r"|highest))",
)
_OF_BUSINESS = re.compile(r"(?i)\b(?:iban|bank|credit card|tax|compensation|income|earnings)\b")
"""Companies have these too: a document that tells them may be quoted."""
_HOW_TO = re.compile(
    r"(?i)^\W*(?:(?:hi|hello|hey|please|so|and|but|ok|okay)\b\W*)*(?:how (?!much|old|sick)"
    r"|where (?!does|do|did)"
    r"|when\b|who (?!earns|gets|makes|is paid|of)|what (?:happens|do i|do we|should|must|can|may"
    r"|if|about|counts)"
    r"|may\b|should\b|must\b|(?:can|could) (?:i|we) (?!have|get|see|know|read|look)|does\b|do (?:i"
    r"|we)\b"
    r"|if\b|is it\b|is there a (?:rule|policy|process|way)|are (?:we|managers|employees)\b"
    r"|why do\b)"
)
_SENTENCES = re.compile(r"(?<=[.!?;])\s+|\n+")
_LONGEST = 20_000


def wanted_by(text: str) -> Wanted | None:
    """What a question asks for that is not given out; None for almost every question."""
    for sentence in _SENTENCES.split(comparable(text[:_LONGEST])):
        wanted = _wanted_by_sentence(sentence)
        if wanted is not None:
            return wanted
    return None


def _wanted_by_sentence(sentence: str) -> Wanted | None:
    if _HOW_TO.match(sentence):
        return None
    credential = _ASKS_CREDENTIAL.search(sentence)
    if (
        credential is not None
        and not _OPEN_TO_ALL.search(sentence)
        and not _OWN.match(sentence, credential.end())
    ):
        return Wanted(kept=Kept.CREDENTIAL, always=bool(_GUARDED.search(sentence)))
    personal = _ASKS_PERSONAL.search(sentence)
    if personal is not None:
        return Wanted(kept=Kept.PERSONAL, always=not _OF_BUSINESS.search(personal[0]))
    return None
