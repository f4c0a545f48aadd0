"""A parsing process: reads files for its parent until its input ends.

    python -m engine.adapters.parse_worker MEMORY_BYTES PARENT_PID

It runs at the lowest priority, within a memory limit, writes no files of documents and no core
dumps, and dies with its parent. A document may crash or hang it: the parent then replaces it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from engine.adapters.document_reading import read_file, short_name
from engine.adapters.kreuzberg_reader import unpack_pdf_reader
from engine.adapters.parse_frames import LENGTH, pack, parse_request, render_document, unpack
from engine.errors import DocumentEmpty, DocumentUnreadable

_PR_SET_PDEATHSIG = 1
_CLONE_NEWNET = 0x40000000
_SESSION_PRIORITY = Path("/proc/self/autogroup")


def main() -> None:
    """Serves requests from standard input until it ends."""
    memory_bytes, parent_pid = int(sys.argv[1]), int(sys.argv[2])
    _die_with(parent_pid)
    unpack_pdf_reader()  # it writes a file, which is not possible afterwards
    _confine(memory_bytes)
    # Libraries may print: standard output is kept for replies alone.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _send(replies, {"ready": True})
    while (body := _receive(sys.stdin.buffer)) is not None:
        _send(replies, _answer(body))


def _answer(body: bytes) -> dict[str, object]:
    file, limits = parse_request(unpack(body))
    try:
        return {"document": render_document(read_file(file, limits))}
    except DocumentUnreadable as error:
        return {"unreadable": str(error), "empty": isinstance(error, DocumentEmpty)}
    except MemoryError:
        return {"out_of_memory": True}
    except Exception as error:
        # One document's surprise must not look like a crash, nor show its text to anybody.
        name = short_name(file.name)
        return {"unreadable": f"{name} cannot be read: {type(error).__name__}"}


def _die_with(parent_pid: int) -> None:
    """A worker without a parent serves nobody."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent_pid:
            sys.exit(0)  # the parent died before the signal was asked for


def _confine(memory_bytes: int) -> None:
    """Takes away what a hostile document could use."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.unshare(_CLONE_NEWNET)  # no network; fails without the right to, which is fine
        # Where sessions share the processor evenly, a process's own priority counts in its alone.
        with contextlib.suppress(OSError):
            _SESSION_PRIORITY.write_text("19")
    if sys.platform != "win32":
        import resource

        for limit, value in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_DATA, memory_bytes),
        ):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(limit, (value, value))
        with contextlib.suppress(OSError):
            os.nice(19)


def _receive(stream: BinaryIO) -> bytes | None:
    """The next request; None at the end of the input."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    body = stream.read(LENGTH.unpack(head)[0])
    return body or None


def _send(stream: BinaryIO, message: dict[str, object]) -> None:
    stream.write(pack(message))
    stream.flush()


if __name__ == "__main__":
    main()
