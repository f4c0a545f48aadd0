"""What people see in Slack: pure functions from the answer contract's JSON to messages and views.

Texts of answers, documents and people are shown as `rich_text`, not as `markdown` blocks or mrkdwn:

- The engine's texts are words, not escaped Markdown. Slack's translation of a `markdown` block
  would take `__init__`, `C:\\.ssh`, `# of seats` and `<ServerName>` for markup and eat parts of
  them; a `rich_text` element shows its text as it is, code blocks too.
- The text of a `rich_text` element is data: no mention, link, broadcast or emoji in it is live
  unless an element of that kind says so, and only this package makes those.
- `rich_text` may stand in modals and the home tab as well, `markdown` and `table` in messages only.
- A numbered list goes on counting after a code block in it (`offset`), which mrkdwn has no way to
  say.

mrkdwn is written nowhere; small print is `plain_text`. A stream takes Markdown alone, so what is
streamed is Markdown (`stream.py`); the finished message is the same text as `rich_text`.

Slack refuses messages whose blocks are too long in sum, containers included, at about 12,000
characters (slackapi/bolt-js#2509, #2867); lengths here are those of the JSON.
"""
