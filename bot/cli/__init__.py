"""The command `deskhand`: one module a subcommand, imported only when it is called."""
