"""What Slack's refusals mean for a question."""

from __future__ import annotations

from enum import StrEnum

from bot.slack_api import Refused


class Meaning(StrEnum):
    """What to do about a refusal."""

    NOWHERE = "nowhere"
    """Nothing can be posted there any more, or never could."""
    THREAD_GONE = "thread_gone"
    """The message that was to be answered is not there."""
    BODY = "body"
    """This message is not taken as it is; a simpler one may be."""
    APP = "app"
    """The app itself may do nothing now: a matter for its administrator, not for the question."""
    OTHER = "other"


_MEANINGS = {
    Meaning.NOWHERE: (
        "channel_not_found is_archived not_in_channel user_not_found user_disabled team_not_found "
        "restricted_action restricted_action_read_only_channel restricted_action_thread_locked "
        "restricted_action_thread_only_channel restricted_action_non_threadable_channel "
        "messages_tab_disabled channel_type_not_supported cannot_reply_to_message cannot_dm_bot "
        "is_inactive method_not_supported_for_channel_type "
        "slack_connect_file_link_sharing_blocked slack_connect_canvas_sharing_blocked "
        "slack_connect_lists_sharing_blocked"
    ),
    Meaning.THREAD_GONE: "thread_not_found invalid_thread_ts",
    Meaning.BODY: (
        "invalid_blocks invalid_blocks_format msg_too_long msg_blocks_too_long "
        "msg_blocks_too_many no_text markdown_text_conflict attachment_payload_limit_exceeded "
        "invalid_arguments invalid_array_arg invalid_form_data"
    ),
    Meaning.APP: (
        "invalid_auth not_authed account_inactive token_revoked token_expired missing_scope "
        "no_permission org_login_required ekm_access_denied not_allowed_token_type access_denied "
        "accesslimited team_access_not_granted message_limit_exceeded"
    ),
}
_BY_CODE = {code: meaning for meaning, codes in _MEANINGS.items() for code in codes.split()}


def meaning_of(refused: Refused) -> Meaning:
    """What a refusal of a posting call means."""
    return _BY_CODE.get(refused.code, Meaning.OTHER)
