"""Files that could not be read, so that each look at their channel does not fetch them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.shared_files.shared_file import SharedFile
from engine.storage.sources import Failure


class BadFiles:
    """Remembers the failures of files whose bytes do not change unless Slack says so."""

    def __init__(self) -> None:
        self._reasons: dict[tuple[str, str], str] = {}

    def note(self, files: Mapping[str, SharedFile], failed: Iterable[Failure]) -> None:
        """files: by uri, those that failed among them."""
        for failure in failed:
            file = files[failure.uri]
            if not file.rewritable:
                self._reasons[failure.uri, file.stamp] = failure.reason

    def of(self, files: Mapping[str, SharedFile]) -> dict[str, str]:
        """Why those of these files cannot be read that are as they were, by uri."""
        found = ((uri, self._reasons.get((uri, file.stamp))) for uri, file in files.items())
        return {uri: reason for uri, reason in found if reason is not None}

    def clear(self) -> None:
        """They are tried again: what reads them may have changed."""
        self._reasons.clear()
