"""The addresses where a file's bytes go in and come out."""

from __future__ import annotations

from aiohttp import web

from bot.workspace.faults import Fault
from bot.workspace.files import FILE_TYPES, File
from bot.workspace.slack import Call, Slack

DOWNLOAD = "files.download"
"""What faults call a download, which is no method of the Web API; see `download_of` for one."""
SIGN_IN_PAGE = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Sign in</body></html>"


def download_of(file: str) -> str:
    """What faults call the downloads of one file."""
    return f"{DOWNLOAD}:{file}"


class FileServer:
    """Uploads of `files.getUploadURLExternal`, and downloads with the app's token."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Takes the raw bytes, or the first part of a form."""
        file = self._slack.world.files.get(request.match_info["file"])
        if file is None or file.complete:
            return web.Response(status=404, text="no such upload")
        if request.content_type == "multipart/form-data":
            form = await request.post()
            parts = [v.file.read() for v in form.values() if isinstance(v, web.FileField)]
            data = parts[0] if parts else b""
        else:
            data = await request.read()
        if len(data) != file.declared_length:
            return web.Response(status=400, text="length differs from the one declared")
        file.data = data
        file.uploaded = True
        return web.Response(text=f"OK - {len(data)}")

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Gives the bytes; without a token that may read files, a page to sign in, status 200."""
        world = self._slack.world
        named = {"file": request.match_info["file"]}
        faults = self._slack.faults
        failure = faults.next_for(DOWNLOAD) or faults.next_for(download_of(named["file"]))
        self._slack.calls.append(
            Call(
                method=DOWNLOAD,
                arguments=named,
                at=self._slack.clock.now(),
                status=200,
                response={},
            )
        )
        if failure is not None and failure.fault is Fault.SLOW:
            await self._slack.clock.sleep(failure.seconds)
        elif failure is not None and failure.fault is Fault.RATE_LIMITED:
            return web.Response(status=429, headers={"Retry-After": str(int(failure.seconds))})
        elif failure is not None and failure.fault is Fault.REFUSED:
            return web.Response(text=SIGN_IN_PAGE, content_type="text/html")
        elif failure is not None:
            return web.Response(status=failure.status)
        file = world.files.get(request.match_info["file"])
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        allowed = token == world.app.bot_token and not world.token_revoked
        if not allowed or "files:read" not in world.app.scopes or not self._visible(file):
            return web.Response(text=SIGN_IN_PAGE, content_type="text/html")
        if file is None or file.deleted:
            return web.Response(status=404, text="file not found")
        ending = file.name.rpartition(".")[2].lower()
        kind, _ = FILE_TYPES.get(ending, ("application/octet-stream", ""))
        return web.Response(body=file.data, content_type=kind)

    def _visible(self, file: File | None) -> bool:
        return file is None or self._slack.world.sees_file(file)
