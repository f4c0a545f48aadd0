"""What is sent when somebody clicks, submits, types a command or uses a shortcut."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.workspace.channels import Channel
from bot.workspace.delivery import Envelope, EnvelopeType
from bot.workspace.errors import Json, SlackError
from bot.workspace.people import Person
from bot.workspace.slack import Slack
from bot.workspace.views import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """How the app took an interaction."""

    acked: bool
    """False: the person sees that the app did not respond."""
    ack: Json = field(default_factory=dict)
    """What the acknowledgement carried, such as a command's reply or `response_action`."""
    trigger_id: str = ""
    response_url: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    """A submitted modal's errors by block id; it stays open with these."""


async def send_interaction(slack: Slack, payload: Json) -> Interaction:
    """Delivers an interaction once and gives the app's acknowledgement."""
    sent = await slack.delivery.once(Envelope(type=EnvelopeType.INTERACTIVE, payload=payload))
    return Interaction(
        acked=sent.acked,
        ack=sent.body,
        trigger_id=payload.get("trigger_id", ""),
        response_url=payload.get("response_url", ""),
    )


def common(slack: Slack, person: Person, *, trigger: bool = True) -> Json:
    """What every interaction's payload says of team, user and app."""
    world = slack.world
    payload: Json = {
        "team": {"id": world.team_id, "domain": world.team_domain},
        "user": {
            "id": person.id,
            "username": person.name,
            "name": person.name,
            "team_id": person.team_id,
        },
        "api_app_id": world.app.app_id,
        "token": world.app.verification_token,
        "enterprise": None,
        "is_enterprise_install": False,
    }
    if trigger:
        payload["trigger_id"] = slack.interactivity.new_trigger(person.id)
    return payload


def find_element(blocks: list[Json], action_id: str, block_id: str = "") -> tuple[str, Json]:
    """The block id and the element of this action id, in the block of this id where one is given.

    Raises:
        LookupError: no block holds it.
    """
    for block in blocks:
        held = [block.get("accessory"), block.get("element")]
        if block["type"] in ("actions", "context_actions"):
            held += block["elements"]
        if block["type"] == "card":
            held += block.get("actions", [])
        for element in held:
            if block_id not in ("", block["block_id"]) or not isinstance(element, dict):
                continue
            if element.get("action_id") == action_id:
                return block["block_id"], element
        inside = block.get("child_blocks")
        if block["type"] == "carousel":
            inside = block["elements"]
        if inside:
            try:
                return find_element(inside, action_id, block_id)
            except LookupError:
                continue
    raise LookupError(f"no element has the action id {action_id!r}")


def action_of(slack: Slack, block_id: str, element: Json, chosen: Json) -> Json:
    """The action object of an element that somebody used."""
    action = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block_id,
        "action_ts": slack.world.new_ts(),
        **chosen,
    }
    if element["type"] in ("button", "icon_button"):
        action |= {"text": element["text"], **{k: element[k] for k in ("value",) if k in element}}
    return action


def values_of(view: View, given: dict[str, str | Json]) -> tuple[Json, dict[str, str]]:
    """A modal's `state.values` for what was entered by block id, or action id where that says which
    field is meant, and what is still missing."""
    values: Json = {}
    missing: dict[str, str] = {}
    for block in view.content["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        entered = given.get(block["block_id"], given.get(element["action_id"]))
        if entered is None:
            entered = (
                element.get("initial_value")
                or element.get("initial_option")
                or element.get("initial_options")
            )
        if entered is None and not block.get("optional"):
            missing[block["block_id"]] = "Please complete this required field."
        state: Json = {"type": element["type"]}
        if element["type"] == "checkboxes":
            state["selected_options"] = _ticked(element, given.get(element["action_id"]))
        elif isinstance(entered, dict):
            state |= entered if "type" in entered else {"selected_option": entered}
        elif element["type"].endswith("select") or element["type"] == "radio_buttons":
            options = [o for o in element.get("options", ()) if o["value"] == entered]
            state["selected_option"] = options[0] if options else None
        else:
            state["value"] = entered
            least = element.get("min_length", 0)
            most = element.get("max_length", 3000)
            if isinstance(entered, str) and not least <= len(entered) <= most:
                missing[block["block_id"]] = f"Enter {least} to {most} characters."
        values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values, missing


def _ticked(element: Json, entered: str | Json | None) -> list[Json]:
    """The options of checkboxes that are ticked: as they were at first, or by their values with
    commas between, none where that is empty."""
    if entered is None:
        return list(element.get("initial_options") or ())
    wanted = {value.strip() for value in str(entered).split(",")}
    return [option for option in element.get("options", ()) if option["value"] in wanted]


def follow_response_action(slack: Slack, view: View, answered: Interaction) -> Interaction:
    """Does with a submitted modal what the acknowledgement says."""
    if not answered.acked:
        return answered
    action = answered.ack.get("response_action", "")
    try:
        if action == "errors":
            errors = {str(k): str(v) for k, v in answered.ack.get("errors", {}).items()}
            return Interaction(acked=True, ack=answered.ack, errors=errors)
        if action == "update":
            slack.views.update(answered.ack["view"], view_id=view.id, external_id="", hash="")
        elif action == "push":
            slack.views.push(view.user, answered.ack["view"])
        else:
            slack.views.close(view, all=action == "clear")
    except SlackError as error:  # the person sees "We had some trouble connecting"
        return Interaction(acked=False, ack=answered.ack, errors={"": error.code})
    return answered


def command_payload(
    slack: Slack, person: Person, channel: Channel, command: str, text: str
) -> Json:
    """The form of a slash command."""
    world = slack.world
    return {
        "token": world.app.verification_token,
        "team_id": world.team_id,
        "team_domain": world.team_domain,
        "channel_id": channel.id,
        "channel_name": channel.name or "directmessage",
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": world.app.app_id,
        "is_enterprise_install": "false",
        "response_url": slack.interactivity.new_address(user=person.id, channel=channel.id),
        "trigger_id": slack.interactivity.new_trigger(person.id),
    }
