"""The manifests of the Slack app, wherever Deskhand was installed from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_PACKAGE = Path(__file__).parent
_FOLDERS = (_PACKAGE / "manifests", _PACKAGE.parent / "manifests")
"""In a wheel, which carries them inside the package; in a checkout."""


def app_manifest(transport: str = "socket") -> dict[str, Any]:
    """The manifest of the app. transport: `socket` or `http`."""
    name = "slack-app.yaml" if transport == "socket" else "slack-app-http.yaml"
    path = next(path for folder in _FOLDERS if (path := folder / name).is_file())
    manifest = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(manifest, dict)
    return manifest
