"""A file: uploaded by a person, or by the app in three steps."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from bot.workspace.errors import Json

FILE_TYPES = {
    "txt": ("text/plain", "text"),
    "md": ("text/markdown", "markdown"),
    "pdf": ("application/pdf", "pdf"),
    "csv": ("text/csv", "csv"),
    "html": ("text/html", "html"),
    "png": ("image/png", "png"),
    "docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
}


@dataclass(slots=True, kw_only=True)
class File:
    """One file and its bytes."""

    id: str
    name: str
    title: str
    user: str
    created: int
    team_id: str
    data: bytes = b""
    alt_txt: str = ""
    """What the picture shows, in words."""
    declared_length: int = 0
    """What `files.getUploadURLExternal` was told."""
    uploaded: bool = False
    complete: bool = False
    deleted: bool = False
    submitted: bool = False
    """Whether it went to the app with a modal."""
    updated: int = 0
    """When somebody last wrote in it; 0 for never."""
    shares: list[tuple[str, str]] = field(default_factory=list)
    """Where it stands: channel and the ts of the message."""

    def render(self, base_url: str, private: Set[str] = frozenset()) -> Json:
        """The file object, with its addresses on this workspace.

        private: which of the channels it stands in are private ones.
        """
        if self.deleted:
            return {"id": self.id, "mode": "tombstone"}
        ending = self.name.rpartition(".")[2].lower()
        mimetype, filetype = FILE_TYPES.get(ending, ("application/octet-stream", "binary"))
        address = f"{base_url}/files-pri/{self.team_id}-{self.id}"
        is_snippet = mimetype.startswith("text/") and filetype != "html"
        shares: Json = {}
        for channel, ts in self.shares:
            if channel.startswith("D"):
                continue
            kind = shares.setdefault("private" if channel in private else "public", {})
            kind.setdefault(channel, []).append(
                {"ts": ts, "team_id": self.team_id, "share_user_id": self.user}
            )
        return {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title,
            "mimetype": mimetype,
            "filetype": filetype,
            "user": self.user,
            "user_team": self.team_id,
            "mode": "snippet" if is_snippet else "hosted",
            "editable": is_snippet,
            **({"updated": self.updated} if self.updated else {}),
            **({"alt_txt": self.alt_txt} if self.alt_txt else {}),
            "is_external": False,
            "is_public": False,
            "size": len(self.data),
            "url_private": f"{address}/{self.name}",
            "url_private_download": f"{address}/download/{self.name}",
            "permalink": f"{base_url}/files/{self.user}/{self.id}/{self.name}",
            "channels": sorted({c for c, _ in self.shares if c[0] == "C" and c not in private}),
            "groups": sorted({c for c, _ in self.shares if c[0] == "G" or c in private}),
            "ims": sorted({c for c, _ in self.shares if c.startswith("D")}),
            "shares": shares,
            "file_access": "visible",
        }
