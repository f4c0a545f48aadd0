"""Several workspaces in one process: how they install the app, and how each is served."""
