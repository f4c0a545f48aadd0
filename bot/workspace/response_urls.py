"""`response_url`: how the app answers an interaction without a token."""

from __future__ import annotations

from aiohttp import web

from bot.workspace.arguments import Arguments, parse_arguments
from bot.workspace.chat_methods import POST_CHARS, content_arguments
from bot.workspace.errors import Json, SlackError, refuse
from bot.workspace.interactivity import ResponseAddress
from bot.workspace.messages import Ephemeral
from bot.workspace.posting import change, delete, mark_edited, post
from bot.workspace.slack import Slack
from bot.workspace.views import with_block_ids


class ResponseUrls:
    """The addresses under `/actions/`."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Takes one answer; `ok` as text, or 404 with an error as Slack does."""
        try:
            args = Arguments(await parse_arguments(request))
            address = self._slack.interactivity.use_address(request.match_info["key"])
            self.answer(address, args)
        except SlackError as error:
            gone = error.code in ("invalid_url", "expired_url", "used_url")
            return web.json_response(error.body(), status=404 if gone else 400)
        return web.Response(text="ok")

    def answer(self, address: ResponseAddress, args: Arguments) -> None:
        """Shows, replaces or removes what the answer says.

        Raises:
            SlackError: its content is not one Slack would take.
        """
        world = self._slack.world
        channel = world.channels[address.channel]
        clicked = channel.messages.get(address.message_ts)
        if args.flag("delete_original"):
            if clicked is not None:
                delete(self._slack, channel, clicked)
            self._drop_ephemeral(address)
            return
        content = content_arguments(args, text_chars=POST_CHARS)
        if args.flag("replace_original") and address.message_ts:
            if clicked is None:
                self._drop_ephemeral(address)
                self._show(address, content)
                return
            before = world.render_message(clicked)
            clicked.text = content["text"]
            clicked.blocks = with_block_ids({"blocks": content["blocks"]})["blocks"]
            mark_edited(self._slack, clicked, world.app.bot_user)
            change(self._slack, channel, clicked, before)
            return
        if args.text("response_type") == "in_channel":
            if channel.archived:
                refuse("is_archived")
            post(
                self._slack,
                channel,
                world.people[world.app.bot_user],
                content["text"],
                thread_ts=args.text("thread_ts"),
                blocks=content["blocks"],
            )
            return
        self._show(address, content)

    def _show(self, address: ResponseAddress, content: Json) -> None:
        world = self._slack.world
        world.show_ephemeral(
            Ephemeral(
                channel=address.channel,
                ts=world.new_ts(),
                user=address.user,
                text=content["text"],
                blocks=with_block_ids({"blocks": content["blocks"]})["blocks"],
                thread_ts=address.thread_ts,
            )
        )

    def _drop_ephemeral(self, address: ResponseAddress) -> None:
        self._slack.world.drop_ephemerals(address.channel, address.message_ts)
