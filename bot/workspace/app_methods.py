"""auth.test, api.test, apps.*, oauth.v2.access, blocks.validate and views.*."""

from __future__ import annotations

from bot.workspace.app_config import parse_manifest
from bot.workspace.arguments import Arguments
from bot.workspace.blocks import require_blocks
from bot.workspace.errors import Json, refuse
from bot.workspace.json_schema import manifest_errors
from bot.workspace.slack import Slack

OAUTH_CODE = "local-code"
"""The code that `oauth.v2.access` takes, any number of times."""


def api_test(slack: Slack, args: Arguments) -> Json:
    """api.test."""
    if args.has("error"):
        refuse(args.text("error"), args=args.given)
    return {"args": args.given}


def auth_test(slack: Slack, args: Arguments) -> Json:
    """auth.test."""
    world, app = slack.world, slack.world.app
    return {
        "url": f"{world.base_url}/",
        "team": world.team_name,
        "user": app.name,
        "team_id": world.team_id,
        "user_id": app.bot_user,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def validate_manifest(slack: Slack, args: Arguments) -> Json:
    """apps.manifest.validate, by Slack's official schema."""
    try:
        errors = manifest_errors(parse_manifest(args.text("manifest")))
    except ValueError as error:
        errors = [{"message": str(error), "pointer": "/"}]
    if errors:
        refuse("invalid_manifest", errors=errors)
    return {"errors": []}


def oauth_access(slack: Slack, args: Arguments) -> Json:
    """oauth.v2.access, for a code or, where the app's tokens rotate, for a refresh token."""
    world, app = slack.world, slack.world.app
    if args.text("client_id") != app.client_id:
        refuse("invalid_client_id")
    if args.text("client_secret") != app.client_secret:
        refuse("bad_client_secret")
    if args.text("grant_type") == "refresh_token":
        return _refreshed(slack, args.text("refresh_token"))
    code = args.text("code")
    if code != OAUTH_CODE and code not in world.oauth_codes:
        refuse("invalid_code")
    world.oauth_codes.discard(code)
    world.token_revoked = False
    return _granted(slack) | {
        "bot_user_id": app.bot_user,
        "app_id": app.app_id,
        "team": {"id": world.team_id, "name": world.team_name},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": next(iter(world.people))},
    }


def _granted(slack: Slack) -> Json:
    app = slack.world.app
    granted = {"access_token": app.bot_token, "token_type": "bot", "scope": ",".join(app.scopes)}
    if app.token_lasts_s is None:
        return granted
    return granted | {"refresh_token": app.refresh_token, "expires_in": app.token_lasts_s}


def _refreshed(slack: Slack, refresh_token: str) -> Json:
    """A refresh token is taken once; the bot token before stays good until its end."""
    app = slack.world.app
    if app.token_lasts_s is None or refresh_token != app.refresh_token:
        refuse("invalid_refresh_token")
    app.earlier_tokens.append(app.bot_token)
    number = len(app.earlier_tokens)
    app.bot_token = f"{app.earlier_tokens[0]}-{number}"
    app.refresh_token = f"{app.refresh_token.partition('#')[0]}#{number}"
    return _granted(slack)


def validate_blocks(slack: Slack, args: Arguments) -> Json:
    """blocks.validate."""
    require_blocks(args.json("blocks", "invalid_blocks_format"))
    return {}


def open_view(slack: Slack, args: Arguments) -> Json:
    """views.open."""
    user = slack.interactivity.exchange(_trigger(args))
    return {"view": slack.views.open(user, args.json("view")).render(slack.world)}


def push_view(slack: Slack, args: Arguments) -> Json:
    """views.push."""
    user = slack.interactivity.exchange(_trigger(args))
    return {"view": slack.views.push(user, args.json("view")).render(slack.world)}


def update_view(slack: Slack, args: Arguments) -> Json:
    """views.update."""
    view = slack.views.update(
        args.json("view"),
        view_id=args.text("view_id"),
        external_id=args.text("external_id"),
        hash=args.text("hash"),
    )
    return {"view": view.render(slack.world)}


def publish_view(slack: Slack, args: Arguments) -> Json:
    """views.publish."""
    if not slack.world.app.home_tab:
        refuse("not_enabled")
    if args.text("user_id") not in slack.world.people:
        refuse("user_not_found")
    view = slack.views.publish(args.text("user_id"), args.json("view"), hash=args.text("hash"))
    return {"view": view.render(slack.world)}


def _trigger(args: Arguments) -> str:
    return args.text("trigger_id") or args.text("interactivity_pointer")


METHODS = {
    "api.test": api_test,
    "auth.test": auth_test,
    "apps.manifest.validate": validate_manifest,
    "oauth.v2.access": oauth_access,
    "blocks.validate": validate_blocks,
    "views.open": open_view,
    "views.push": push_view,
    "views.update": update_view,
    "views.publish": publish_view,
}
