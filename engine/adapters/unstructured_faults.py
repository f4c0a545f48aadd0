"""What goes wrong with the Unstructured API, as faults that tell a person what to do."""

from __future__ import annotations

from engine.errors import DeskhandError, DocumentUnreadable, ParserUnavailable

_LONGEST_REASON = 200
_AGAIN = "run the same command again to read it"


def explain(
    error: Exception, *, document: str, server: str, secret: str | None, waited_s: float
) -> DeskhandError:
    """The fault for whatever the client raised while it read a document.

    A refusal that every document would meet is ParserUnavailable, which ends the run; the rest
    concerns this document, and is retryable where the API was at fault and not the file.
    """
    import httpx
    from unstructured_client._hooks.custom.validation_errors import FileValidationError
    from unstructured_client.models.errors import ResponseValidationError, UnstructuredClientError

    if isinstance(error, (TimeoutError, httpx.TimeoutException)):
        return DocumentUnreadable(
            f"{document} was not read: the Unstructured API at {server} took longer than "
            f"{waited_s:g} s; {_AGAIN}, or raise DESKHAND_UNSTRUCTURED__TIMEOUT_S",
            retryable=True,
        )
    if isinstance(error, httpx.HTTPError):
        return DocumentUnreadable(
            f"{document} was not read: the Unstructured API at {server} cannot be reached; "
            f"{_AGAIN}",
            retryable=True,
        )
    if isinstance(error, UnstructuredClientError) and not isinstance(
        error, ResponseValidationError
    ):
        return _answered(error.status_code, _reason(error, secret), document, server)
    if isinstance(error, FileValidationError):  # the client looks into a PDF that it splits
        return DocumentUnreadable(
            f"{document} is damaged or encrypted; save it without a password and ingest it again"
        )
    if not isinstance(error, (ValueError, ResponseValidationError)):
        raise error
    # An answer that does not have the shape of the API's.
    return DocumentUnreadable(
        f"{document} was not read: what answers at {server} is not the Unstructured API, or has "
        f"a fault; check UNSTRUCTURED_API_URL, then {_AGAIN}",
        retryable=True,
    )


def _answered(status: int, reason: str, document: str, server: str) -> DeskhandError:
    if status in (401, 403):
        return ParserUnavailable(
            f"the Unstructured API at {server} refuses the key ({status}); mend "
            "UNSTRUCTURED_API_KEY, or unset it to read documents on this machine"
        )
    if status == 402:
        return ParserUnavailable(
            f"the Unstructured API at {server} wants to be paid (402); see to the account, or "
            "unset UNSTRUCTURED_API_KEY to read documents on this machine"
        )
    if status == 404:
        return ParserUnavailable(
            f"what answers at {server} is not the Unstructured API (404); mend UNSTRUCTURED_API_URL"
        )
    if status == 413:
        return DocumentUnreadable(
            f"{document} is too large for the Unstructured API at {server}; split it"
        )
    if status == 429:
        return DocumentUnreadable(
            f"{document} was not read: the Unstructured API at {server} is overloaded; {_AGAIN}",
            retryable=True,
        )
    if status >= 500:
        return DocumentUnreadable(
            f"{document} was not read: the Unstructured API at {server} failed ({status}); "
            f"{_AGAIN}",
            retryable=True,
        )
    said = f": {reason}" if reason else ""
    return DocumentUnreadable(
        f"{document} is refused by the Unstructured API ({status}{said}); save it again or in "
        "another format and ingest that"
    )


def _reason(error: object, secret: str | None) -> str:
    """The API's own words, short and without the key; empty when it gives none."""
    detail = getattr(getattr(error, "data", None), "detail", None)
    if isinstance(detail, list):
        detail = detail[0].msg if detail and hasattr(detail[0], "msg") else None
    if not isinstance(detail, str):
        return ""
    text = " ".join(detail.split()).rstrip(".")
    return (text.replace(secret, "***") if secret else text)[:_LONGEST_REASON]
