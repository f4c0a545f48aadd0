"""An e-mail -> Markdown: who, when, and the text; attachments by name only."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage

from engine.knowledge.decode import clean_text, decode_text
from engine.knowledge.document import Hidden
from engine.knowledge.grid import markdown_cell
from engine.knowledge.hidden_html import without_hidden
from engine.knowledge.html_page import page_to_markdown
from engine.knowledge.plain_text import plain_text_to_markdown

_QUOTED = re.compile(r"^(?:>[^\n]*\n?)+", re.MULTILINE)


def email_to_markdown(data: bytes) -> tuple[str, str, tuple[Hidden, ...]]:
    """(subject, Markdown, what was hidden). Of a message in text and HTML the text is taken; quoted
    text of earlier messages stays, as a paragraph without its marks.
    """
    message = email.message_from_bytes(data, policy=email.policy.default)
    subject = " ".join(_header(message, "subject").split())
    lines = [f"# {markdown_cell(subject)}"] if subject else []
    about = [
        f"{name}: {markdown_cell(value)}"
        for name in ("From", "To", "Cc", "Date")
        if (value := _header(message, name))
    ]
    if about:
        lines.append("\\\n".join(about))
    body, hidden = _body(message)
    lines.append(body)
    names = [name for part in message.walk() if (name := part.get_filename())]
    if names:
        lines.append("Attachments: " + ", ".join(markdown_cell(clean_text(n)) for n in names[:50]))
    return clean_text(subject), "\n\n".join(line for line in lines if line), hidden


def _header(message: EmailMessage, name: str) -> str:
    try:
        return clean_text(str(message.get(name) or ""))
    except (ValueError, IndexError, AttributeError):  # headers the standard library cannot read
        return ""


def _body(message: EmailMessage) -> tuple[str, tuple[Hidden, ...]]:
    try:
        part = message.get_body(preferencelist=("plain", "html"))
    except (AttributeError, KeyError, ValueError):
        part = None
    if part is None:
        part = next((p for p in message.walk() if p.get_content_maintype() == "text"), None)
    if part is None:
        return "", ()
    try:
        content = part.get_content()
    except (LookupError, ValueError, KeyError):  # an unknown charset or a damaged encoding
        payload = part.get_payload(decode=True)
        content = _decoded(payload) if isinstance(payload, bytes) else ""
    text = clean_text(content if isinstance(content, str) else "")
    if part.get_content_subtype() == "html":
        page, hidden = without_hidden(text)
        return page_to_markdown(page)[1], hidden
    unquoted = _QUOTED.sub(lambda match: re.sub(r"^(?:> ?)+", "", match.group(0), flags=re.M), text)
    return plain_text_to_markdown(unquoted), ()


def _decoded(payload: bytes) -> str:
    try:
        return decode_text(payload)
    except ValueError:
        return ""
