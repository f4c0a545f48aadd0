"""`make leakfuzz` on the embedded index, and by the server adapter on the tests' server."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.leakfuzz.__main__ import main
from tests.qdrant_server.server import QdrantServer

if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory(prefix="deskhand-qdrant-") as folder,
        QdrantServer(Path(folder)).running() as running,
    ):
        sys.exit(main(server=running.url))
