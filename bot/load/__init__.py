"""The bot under load: how fast it acknowledges, how soon it speaks, and what memory it holds.

Each figure is of a real `deskhand run` in a process of its own; this process is Slack, and sends.
"""
