"""Faults. Expected outcomes (abstain, out of scope, over budget) are values, not exceptions."""

from __future__ import annotations


class DeskhandError(Exception):
    """Root of every fault Deskhand raises on purpose.

    `str(error)` is one sentence for a person that says what is wrong and what to do; it never
    holds a secret or the text of a message. `retryable` is true when the same call may succeed
    later without anybody changing anything.
    """

    retryable = False

    def __init__(self, message: str, *, retryable: bool | None = None) -> None:
        super().__init__(message)
        if retryable is not None:
            self.retryable = retryable


class WrongUse(DeskhandError):
    """The caller asked for something that cannot be; the command line exits with 2."""


class SettingsInvalid(WrongUse):
    """A setting is unknown or has a bad value."""


class ModelUnavailable(DeskhandError):
    """A model file or model server cannot be used."""


class OverBudget(ModelUnavailable):
    """A call was not made, since a budget has no room for the most that it may cost.

    It ends inside the engine, which then does without the model: the outcome is a value.
    """


class DocumentUnreadable(DeskhandError):
    """One document cannot be turned into text; the others go on."""


class DocumentEmpty(DocumentUnreadable):
    """A document that is there and holds no text: what it held before is gone.

    name: of the row of a corpus that it is about; empty for a file.
    """

    def __init__(self, message: str, *, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class DocumentForNobody(DocumentUnreadable):
    """A document whose own words leave none of the readers it would have here."""


class ParserUnavailable(DeskhandError):
    """The service that reads documents refuses every one of them."""


class SourceUnreadable(DeskhandError):
    """A folder, file, bucket or site named as a source cannot be listed or fetched."""


class IndexMismatch(DeskhandError):
    """The index was built by another embedder, dimension or chunker than the one in use."""


class IndexUnavailable(DeskhandError):
    """The search index cannot be opened or reached."""

    retryable = True


class StorageUnavailable(DeskhandError):
    """The database cannot be opened, is full, or lost its connection."""

    retryable = True
