"""The server itself: `/v1/chat/completions`, `/v1/embeddings` and `/v1/models` over aiohttp."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from evals.model_server.faults import fault_response, refusal
from evals.model_server.models import bag_of_words, quoting
from evals.model_server.reply import Counted, Fault, Received, Reply, Respond

_CHARS_OF_A_TOKEN = 4


class ModelServer:
    """Answers by the queue first, then by `respond`; remembers what it was asked.

    refuses: parameters that are answered with 400, as older llama.cpp and vLLM do; `name=value`
        refuses a value only. refusal_names: whether the refusal says which one it is about.
    dimension: of embeddings where the request names none.
    """

    def __init__(
        self,
        respond: Respond = quoting,
        *,
        refuses: Iterable[str] = (),
        dimension: int = 256,
        refusal_names: bool = True,
    ) -> None:
        self.respond = respond
        self.refuses = set(refuses)
        self.dimension = dimension
        self.refusal_names = refusal_names
        self.queue: deque[Reply] = deque()
        self.requests: list[Received] = []
        self.counted: list[Counted] = []
        """The tokens of each request that it answered, as it would charge for them."""
        self.open_streams = 0
        self.most_open = 0
        self.url = ""
        self.wrote: Callable[[str], None] | None = None
        """Told the text of an answer so far, when a piece of it was written to the socket."""
        self._stopping = asyncio.Event()

    @asynccontextmanager
    async def serving(self, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Serves while inside; gives the base URL, such as http://127.0.0.1:8080/v1."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/embeddings", self._embeddings)
        app.router.add_get("/v1/models", self._models)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0][1]
        self.url = f"http://{host}:{bound}/v1"
        try:
            yield self.url
        finally:
            self._stopping.set()
            await runner.cleanup()

    def asked(self, path: str = "/v1/chat/completions") -> list[Received]:
        """The requests for one path, in order."""
        return [request for request in self.requests if request.path == path]

    async def _receive(self, request: web.Request) -> Received:
        body = await request.json()
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(path=request.path, body=body, headers=headers)
        self.requests.append(received)
        return received

    def _refused(self, received: Received) -> str | None:
        """The first parameter of a request that is refused; None if none is."""
        body = received.body
        named = (name for name in sorted(body) if {name, f"{name}={body[name]}"} & self.refuses)
        return next(named, None)

    def _reply(self, received: Received) -> Reply:
        return self.queue.popleft() if self.queue else self.respond(received)

    async def _models(self, _: web.Request) -> web.Response:
        model = {"id": "test-model", "object": "model", "created": 0, "owned_by": "deskhand"}
        return web.json_response({"object": "list", "data": [model]})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        received = await self._receive(request)
        if refused := self._refused(received):
            return refusal(refused if self.refusal_names else None)
        reply = self._reply(received)
        self.open_streams += 1
        self.most_open = max(self.most_open, self.open_streams)
        try:
            await self._wait(reply.first_s)
            if reply.fault is Fault.HANG:
                await self._stopping.wait()
            early = fault_response(reply)
            if early is not None:
                return early
            if received.body.get("stream"):
                return await self._stream(request, received, reply)
            if reply.fault is Fault.CUT:
                _reset(request)
            if reply.fault is Fault.MALFORMED:
                return web.Response(text='{"choices": [', content_type="application/json")
            counts = self._count(received, reply)
            return web.json_response(_completion(received, reply, counts))
        finally:
            self.open_streams -= 1

    async def _stream(
        self, request: web.Request, received: Received, reply: Reply
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0}
        base["model"] = received.body.get("model", "")

        async def send(event: dict[str, Any]) -> None:
            await response.write(f"data: {json.dumps(base | event)}\n\n".encode())

        wants_usage = bool((received.body.get("stream_options") or {}).get("include_usage"))
        so_far = ""
        for number, piece in enumerate(reply.cut()):
            if number:
                await self._wait(reply.piece_s)
            delta = {"role": "assistant", "content": piece} if not number else {"content": piece}
            await send({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
            so_far += piece
            if self.wrote is not None:
                self.wrote(so_far)
        if reply.fault is Fault.CUT:
            _reset(request)
            return response
        if reply.fault is Fault.MALFORMED:
            await response.write(b'data: {"choices": [\n\n')
            return response
        finish = "content_filter" if reply.fault is Fault.CONTENT_FILTER else reply.finish_reason
        await send({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        counts = self._count(received, reply)
        if wants_usage and reply.usage:
            await send({"choices": [], "usage": counts})
        await response.write(b"data: [DONE]\n\n")
        return response

    def _count(self, received: Received, reply: Reply) -> dict[str, int]:
        """The tokens of an answer that goes out whole, in the API's words."""
        counts = _usage(received, reply)
        self.counted.append(
            Counted(prompt=counts["prompt_tokens"], completion=counts["completion_tokens"])
        )
        return counts

    async def _embeddings(self, request: web.Request) -> web.Response:
        received = await self._receive(request)
        if refused := self._refused(received):
            return refusal(refused if self.refusal_names else None)
        reply = self.queue.popleft() if self.queue else Reply()
        await self._wait(reply.first_s)
        if reply.fault is Fault.HANG:
            await self._stopping.wait()
        early = fault_response(reply)
        if early is not None:
            return early
        if reply.fault is Fault.CUT:
            _reset(request)
        if reply.fault is Fault.MALFORMED:
            return web.Response(text='{"data": [', content_type="application/json")
        given = received.body["input"]
        texts = [given] if isinstance(given, str) else given
        dimension = received.body.get("dimensions", self.dimension)
        as_base64 = received.body.get("encoding_format") == "base64"
        data = []
        for number, text in enumerate(texts):
            vector = 3 * bag_of_words(text, dimension)  # not normalised, as some servers do
            shown = base64.b64encode(vector.tobytes()).decode() if as_base64 else vector.tolist()
            data.append({"object": "embedding", "index": number, "embedding": shown})
        answer: dict[str, Any] = {"object": "list", "data": data, "model": received.body["model"]}
        tokens = sum(len(text) // _CHARS_OF_A_TOKEN + 1 for text in texts)
        self.counted.append(Counted(embedding=tokens))
        if reply.usage:
            answer["usage"] = {"prompt_tokens": tokens, "total_tokens": tokens}
        return web.json_response(answer)

    async def _wait(self, seconds: float) -> None:
        """Waits, but not longer than the server lives."""
        if seconds:
            try:
                await asyncio.wait_for(self._stopping.wait(), seconds)
            except TimeoutError:
                return


def _reset(request: web.Request) -> None:
    """Drops the connection as a crashed server does."""
    if request.transport is not None:
        request.transport.abort()


def _usage(received: Received, reply: Reply) -> dict[str, int]:
    read = sum(len(message["content"]) for message in received.body.get("messages", ()))
    prompt = read // _CHARS_OF_A_TOKEN + 1
    completion = sum(len(piece) for piece in reply.cut()) // _CHARS_OF_A_TOKEN + 1
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _completion(received: Received, reply: Reply, counts: dict[str, int]) -> dict[str, Any]:
    finish = "content_filter" if reply.fault is Fault.CONTENT_FILTER else reply.finish_reason
    message = {"role": "assistant", "content": "".join(reply.cut())}
    answer: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": received.body.get("model", ""),
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }
    if reply.usage:
        answer["usage"] = counts
    return answer
