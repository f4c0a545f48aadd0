"""Settings of the Slack app; the engine only reads them along with its own, and uses none."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
)
from pydantic_settings import NoDecode

from engine.address_setting import Address, split_names

CONVENTIONAL_SLACK_NAMES = {
    "SLACK_BOT_TOKEN": "DESKHAND_SLACK__BOT_TOKEN",
    "SLACK_APP_TOKEN": "DESKHAND_SLACK__APP_TOKEN",
    "SLACK_SIGNING_SECRET": "DESKHAND_SLACK__SIGNING_SECRET",
    "SLACK_CLIENT_ID": "DESKHAND_SLACK__CLIENT_ID",
    "SLACK_CLIENT_SECRET": "DESKHAND_SLACK__CLIENT_SECRET",
}
"""Names that Slack's own tools use, and the setting each stands for."""

_GroupId = Annotated[str, StringConstraints(pattern=r"^S[A-Z0-9]{1,30}$")]
_TeamId = Annotated[str, StringConstraints(pattern=r"^T[A-Z0-9]{1,30}$")]
_TeamIds = Annotated[tuple[_TeamId, ...], NoDecode, BeforeValidator(split_names)]
_ChannelId = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{1,30}$")]


_ChannelIds = Annotated[tuple[_ChannelId, ...], NoDecode, BeforeValidator(split_names)]


class SlackSettings(BaseModel):
    """Where the bot listens, and how it delivers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bot_token: SecretStr | None = Field(default=None, description="the app's xoxb- token")
    app_token: SecretStr | None = Field(
        default=None, description="the app's xapp- token; needed for Socket Mode"
    )
    signing_secret: SecretStr | None = Field(
        default=None, description="what Slack signs its requests with; needed for HTTP"
    )
    client_id: str | None = Field(
        default=None,
        description="the app's client id; with it workspaces install the app by themselves, at "
        "/slack/install, and no bot token is set",
    )
    client_secret: SecretStr | None = Field(
        default=None, description="the app's client secret; needed along with the client id"
    )
    public_url: Address | None = Field(
        default=None,
        description="address under which browsers reach the bot, where /slack/oauth_redirect is "
        "the app's redirect URL",
    )
    install_teams: _TeamIds = Field(
        default=(),
        description="ids, with commas between, of the workspaces that may install the app; empty "
        "means whichever opens /slack/install",
    )
    parallel_questions: int = Field(
        default=8,
        ge=1,
        le=256,
        description="questions answered at a time by one replica for all its workspaces, which "
        "take turns",
    )
    api_url: Address = Field(
        default="https://slack.com/api/", description="address of Slack's Web API"
    )
    transport: Literal["socket", "http"] = Field(
        default="socket", description="how events arrive: socket (Socket Mode) or http"
    )
    host: str = Field(default="0.0.0.0", description="address to listen on")  # noqa: S104
    port: int = Field(
        default=3000, ge=0, le=65535, description="port of events (http), /healthz and /readyz"
    )
    admins: _GroupId | None = Field(
        default=None,
        description="id of a user group whose full members may do what admins may, beside the "
        "workspace's own admins and owners",
    )
    escalation_channel: _ChannelId | None = Field(
        default=None, description="id of the channel where people take doubtful cases"
    )
    knowledge_channels: _ChannelIds = Field(
        default=(),
        description="ids, with commas between, of channels whose files become documents for their "
        "members",
    )
    workers: int = Field(default=4, ge=1, le=64, description="questions answered at a time")
    lease_s: float = Field(
        default=60.0, ge=2, le=3600, description="after which a silent worker's question is free"
    )
    attempts: int = Field(
        default=3, ge=1, le=20, description="tries of a question before a person gets it"
    )
    request_timeout_s: float = Field(
        default=10.0, gt=0, le=120, description="longest wait for Slack's answer to a call"
    )
    answer_within_s: float = Field(
        default=180.0, ge=1, le=3600, description="longest time to make one answer, in seconds"
    )
    stream_after_s: float = Field(
        default=1.0, ge=0, le=60, description="an answer that takes longer is shown as it comes"
    )
    stale_after_s: float = Field(
        default=900.0, gt=0, description="age at which an answer begins with an apology"
    )
    forgotten_after_s: float = Field(
        default=86_400.0,
        gt=0,
        description="age at which a message found after an outage is left alone",
    )
    sweep_every_s: float = Field(
        default=900.0,
        ge=1,
        le=86_400,
        description="how often known channels are looked through for messages that Slack could "
        "not deliver",
    )
    queue_notice: int = Field(
        default=5, ge=1, description="questions waiting before one at which its asker is told"
    )
    private_upgrade: bool = Field(
        default=True,
        description="offer an asker in a channel, seen by them alone, what only they may read",
    )
    drain_s: float = Field(
        default=20.0, ge=0, le=600, description="time to finish what is under way when stopping"
    )
    facts_ttl_s: float = Field(
        default=60.0, ge=0, le=3600, description="how long who is in a channel is remembered"
    )
    most_members: int = Field(
        default=2000,
        ge=1,
        description="largest channel whose members are read one by one; above it only what is "
        "public or the channel's own is said",
    )
    max_cost_usd: float = Field(
        default=0.10, ge=0, description="what the models may cost for one question, in dollars"
    )
