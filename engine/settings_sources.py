"""Where settings come from: the environment, `.env`, and a directory of secret files."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.errors import SettingsInvalid
from engine.mirror_settings import CONVENTIONAL_MIRROR_NAMES
from engine.secret_files import FILE_SUFFIX, read_file, text_of
from engine.slack_settings import CONVENTIONAL_SLACK_NAMES

PREFIX = "DESKHAND_"
CONVENTIONAL_NAMES = {
    "DATABASE_URL": "DESKHAND_DATABASE__URL",
    "OPENAI_API_KEY": "DESKHAND_OPENAI__API_KEY",
    "OPENAI_BASE_URL": "DESKHAND_OPENAI__BASE_URL",
    "OPENAI_MODEL": "DESKHAND_OPENAI__MODEL",
    "QDRANT_URL": "DESKHAND_QDRANT__URL",
    "QDRANT_API_KEY": "DESKHAND_QDRANT__API_KEY",
    "UNSTRUCTURED_API_KEY": "DESKHAND_UNSTRUCTURED__API_KEY",
    "UNSTRUCTURED_API_URL": "DESKHAND_UNSTRUCTURED__URL",
    "SENTRY_DSN": "DESKHAND_SENTRY__DSN",
    **CONVENTIONAL_SLACK_NAMES,
    **CONVENTIONAL_MIRROR_NAMES,
}
"""Names that other tools use, and the setting each one stands for."""

_NOT_SETTINGS = frozenset({"DESKHAND_SECRETS_DIR"})
_SERVICE_LINK = re.compile(
    r"DESKHAND_(?:[A-Z0-9_]+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?"
    r"|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)"
)
"""What Kubernetes puts into each pod's environment for a service named `deskhand` or
`deskhand-...`."""


class Origin(StrEnum):
    """Where a value lies."""

    ENVIRONMENT = "the environment"
    DOTENV = ".env"
    FILE = "a file"
    """Of its own: one of the secrets directory, or named by the setting's name with `_FILE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenValues:
    """What was set, strongest source winning.

    values: by the setting's own name. names: the name that each value was given under, where it
    is another one. origins: where each value lies; files: the file of each that lies in one.
    """

    values: Mapping[str, str]
    names: Mapping[str, str]
    origins: Mapping[str, Origin]
    files: Mapping[str, Path]


def read_sources(
    environ: Mapping[str, str], working_directory: Path, known: Collection[str]
) -> GivenValues:
    """Everything with our prefix or a conventional name that is not empty.

    known: the settings there are; each may be given by the file that its name with `_FILE` names.

    Raises: SettingsInvalid for a file or directory that cannot be read.
    """
    dotenv = _read_dotenv(working_directory / ".env")
    folder = environ.get("DESKHAND_SECRETS_DIR") or dotenv.get("DESKHAND_SECRETS_DIR")
    found: dict[str, tuple[str, _Source, str]] = {}
    for source in (
        _folder_source(folder),
        _source(Origin.DOTENV, dotenv, working_directory, known),
        _source(Origin.ENVIRONMENT, environ, working_directory, known),
    ):
        for conventional, ours in CONVENTIONAL_NAMES.items():
            if source.given.get(conventional):
                found[ours] = (source.given[conventional], source, conventional)
        for name, value in source.given.items():
            if name.startswith(PREFIX) and value and name not in _NOT_SETTINGS:
                found[name] = (value, source, name)
    return GivenValues(
        values={ours: value for ours, (value, _, _) in found.items()},
        names={ours: name for ours, (_, _, name) in found.items() if name != ours},
        origins={ours: source.origin_of(name) for ours, (_, source, name) in found.items()},
        files={
            ours: source.files[name]
            for ours, (_, source, name) in found.items()
            if name in source.files
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """given: values by the name they are given under. files: those of them that lie in files."""

    origin: Origin
    given: Mapping[str, str]
    files: Mapping[str, Path]

    def origin_of(self, name: str) -> Origin:
        return Origin.FILE if name in self.files else self.origin


def _source(
    origin: Origin, found: Mapping[str, str], working_directory: Path, known: Collection[str]
) -> _Source:
    files = _named_files(found, known, working_directory)
    plain = {name: value for name, value in found.items() if not _names_file(name, known)}
    read = {name: read_file(f"{name}{FILE_SUFFIX}", path) for name, path in files.items()}
    return _Source(origin=origin, given=plain | read, files=files)


def _folder_source(directory: str | None) -> _Source:
    files = _secret_files(directory)
    read = {name: text_of(path) for name, path in files.items()}
    return _Source(origin=Origin.FILE, given=read, files=files)


def _named_files(
    given: Mapping[str, str], known: Collection[str], working_directory: Path
) -> dict[str, Path]:
    """The settings of a source that are given as `NAME_FILE=path`, with their paths.

    Raises: SettingsInvalid for a setting that is given in both forms.
    """
    found = {}
    for name, path in given.items():
        if not path or not _names_file(name, known):
            continue
        setting = name.removesuffix(FILE_SUFFIX)
        if given.get(setting):
            raise SettingsInvalid(f"{setting} and {name} are both set; keep one of them")
        found[setting] = working_directory / path
    return found


def _names_file(name: str, known: Collection[str]) -> bool:
    setting = name.removesuffix(FILE_SUFFIX)
    return setting != name and (setting in CONVENTIONAL_NAMES or setting in known)


def known_only(values: Mapping[str, str], known: Collection[str]) -> dict[str, str]:
    """The values without those that Kubernetes puts there.

    Raises: SettingsInvalid for a name that is unknown.
    """
    kept = {}
    for name in sorted(values):
        if name in known:
            kept[name] = values[name]
        elif not _SERVICE_LINK.fullmatch(name):
            bare = {setting.removeprefix(PREFIX): setting for setting in known}
            close = difflib.get_close_matches(name.removeprefix(PREFIX), bare, n=1)
            hint = (
                f"did you mean {bare[close[0]]}?"
                if close
                else "see the settings table in README.md"
            )
            raise SettingsInvalid(f"{name} is not a setting of Deskhand; {hint}")
    return kept


def _read_dotenv(path: Path) -> dict[str, str]:
    from dotenv import dotenv_values

    try:
        if not path.is_file():
            return {}
        values = dotenv_values(path, encoding="utf-8-sig", interpolate=False)
        return {k: v for k, v in values.items() if v is not None}
    except (OSError, UnicodeDecodeError):
        raise SettingsInvalid(f"{path} cannot be read as text; mend or remove it") from None


def _secret_files(directory: str | None) -> dict[str, Path]:
    root = Path(directory) if directory else Path("/run/secrets")
    if not root.is_dir():
        if directory:
            raise SettingsInvalid(f"DESKHAND_SECRETS_DIR names {root}, which is not a directory")
        return {}
    wanted = set(CONVENTIONAL_NAMES)
    found: dict[str, Path] = {}
    try:
        files = sorted(root.iterdir())
    except OSError:
        if directory:
            raise SettingsInvalid(
                f"DESKHAND_SECRETS_DIR names {root}, which cannot be read"
            ) from None
        return {}
    for file in files:
        name = file.name.upper().replace("-", "_")
        if (name in wanted or name.startswith(PREFIX)) and file.is_file():
            found[name] = file
    return found
