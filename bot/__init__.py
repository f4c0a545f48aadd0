"""Everything that knows Slack, and the command line."""
