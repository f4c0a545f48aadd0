"""What `deskhand doctor` looks at where workspaces install the app: settings, keys, each token."""

from __future__ import annotations

from contextlib import AsyncExitStack

from bot.diagnosis import Check, Finding, NotChecked, Once, fail, ok, warn
from bot.installations.app import keyring_of, refuse_incomplete
from bot.slack_api import Refused, SlackApi, SlackFault
from engine.compose import connect_database
from engine.settings import Settings
from engine.storage.installations import Installation, InstallationStore
from engine.storage.migrate import HEAD, current_revision
from evals.reports.wording import counted

_SHOWN = 5


class InstallationsCheck:
    """The checks of an app that many workspaces install; closes what it opened with `aclose`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._installed = Once(self._read)

    def checks(self) -> list[Check]:
        """In the order of an installation."""
        limit_s = self._settings.slack.request_timeout_s + 5
        return [
            Check(name="installing", look=self._installing),
            Check(name="tokens", look=self._tokens, limit_s=15),
            Check(name="workspaces", look=self._workspaces, limit_s=6 * limit_s),
        ]

    async def aclose(self) -> None:
        """Ends what is under way."""
        await self._installed.aclose()
        await self._stack.aclose()

    async def _installing(self) -> Finding:
        slack = self._settings.slack
        refuse_incomplete(self._settings)
        if slack.public_url is None:
            return warn(
                "Slack sends browsers to the first redirect URL of the app, as none is set here",
                "set DESKHAND_SLACK__PUBLIC_URL to the address under which browsers reach the bot",
            )
        if not slack.public_url.startswith("https://"):
            return fail(
                f"browsers reach {slack.public_url} without encryption, which Slack refuses",
                "put TLS before the bot, and an https:// address in DESKHAND_SLACK__PUBLIC_URL",
            )
        if not slack.install_teams:
            return warn(
                "any workspace may install the app, and ask at your cost",
                "name those that may in DESKHAND_SLACK__INSTALL_TEAMS",
            )
        return ok(f"{counted(len(slack.install_teams), 'workspace')} may install the app")

    async def _tokens(self) -> Finding:
        found = await self._installed.get()
        lost = [one.tenant for one in found if one.problem]
        if lost:
            return fail(
                f"the tokens of {_named(lost)} cannot be decrypted",
                "add the key that they were encrypted with to the end of "
                "DESKHAND_ENCRYPTION__KEYS, or install the app there again",
            )
        return ok(f"those of {counted(len(found), 'workspace')} can be decrypted")

    async def _workspaces(self) -> Finding:
        found = await self._installed.get()
        refused = []
        for one in found:
            if one.token and not await self._is_taken(one):
                refused.append(one.tenant)
        if refused:
            return fail(
                f"Slack refuses the tokens of {_named(refused)}",
                "install the app there again; `deskhand --workspace T... doctor` tells more of one",
            )
        if not found:
            return warn("no workspace has installed the app", "open /slack/install in a browser")
        return ok(f"Slack takes the tokens of {counted(len(found), 'workspace')}")

    async def _is_taken(self, one: Installation) -> bool:
        slack = self._settings.slack
        api = SlackApi(one.token, url=slack.api_url, timeout_s=slack.request_timeout_s)
        try:
            await api.call("auth.test")
        except Refused:
            return False
        except SlackFault as fault:
            raise NotChecked(str(fault)) from None
        finally:
            await api.aclose()
        return True

    async def _read(self) -> tuple[Installation, ...]:
        keys = keyring_of(self._settings)
        database = connect_database(self._settings, self._stack)
        if await current_revision(database) != HEAD:
            raise NotChecked("the database is not up to date")
        found = await InstallationStore(database, keys).all()
        return tuple(one for one in found if one.ended_at is None)


def _named(teams: list[str]) -> str:
    more = f" and {len(teams) - _SHOWN} more" if len(teams) > _SHOWN else ""
    return f"{', '.join(teams[:_SHOWN])}{more}"
