"""Settings: read once in a composition root, passed down from there.

Sources, strongest first: the environment, the file `.env` in the working directory, and a
directory of secret files (`DESKHAND_SECRETS_DIR`, else `/run/secrets` where it exists) in which a
file's name is the setting and its content the value, as Kubernetes and Docker mount them. In the
first two a name with `_FILE` at its end names the file that holds the value. A name with an empty
value counts as not set.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    SettingsConfigDict,
)

from engine.address_setting import SAID_WHOLE, Address, Hosts
from engine.budget_settings import BudgetSettings, LimitSettings
from engine.encryption_settings import EncryptionSettings
from engine.errors import SettingsInvalid
from engine.evaluation_settings import EvaluationSettings
from engine.mirror_settings import LangfuseSettings, LangSmithSettings, MirrorSettings
from engine.openai_settings import OpenAiSettings as OpenAiSettings
from engine.retention_settings import RetentionSettings
from engine.review_settings import ReviewSettings
from engine.role import Role
from engine.settings_sources import PREFIX, GivenValues, known_only, read_sources
from engine.slack_settings import SlackSettings
from engine.watch_settings import LogSettings, SentrySettings

_MIB = 1024 * 1024


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseSettings(_Group):
    """Where state is kept."""

    url: SecretStr | None = Field(
        default=None,
        description="SQLAlchemy or postgresql:// address; unset means SQLite in DESKHAND_HOME",
    )
    pool_size: int = Field(default=5, ge=1, le=100, description="connections kept open")
    timeout_s: float = Field(
        default=30.0,
        ge=1,
        le=3600,
        description="longest wait for one answer of PostgreSQL, but for migrations",
    )


class ParseSettings(_Group):
    """Limits on turning a file into text; a file past one is refused, the others go on."""

    max_bytes: int = Field(default=50 * _MIB, ge=1, description="largest file read, in bytes")
    max_text_chars: int = Field(
        default=20_000_000, ge=1, description="most text taken from one file"
    )
    timeout_s: float = Field(
        default=60.0, gt=0, description="longest time for one file, in seconds"
    )
    memory_bytes: int = Field(
        default=2048 * _MIB, ge=256 * _MIB, description="memory of a parsing process, in bytes"
    )
    workers: int = Field(default=1, ge=1, le=32, description="parsing processes")


class RetrievalSettings(_Group):
    """How passages are found."""

    candidates: int = Field(
        default=100, ge=10, le=1000, description="passages taken from each search of the index"
    )
    top_k: int = Field(default=8, ge=1, le=20, description="passages an answer may be made from")
    cache_entries: int = Field(
        default=1024, ge=0, le=1_000_000, description="query vectors and searches kept in memory"
    )
    passage_cache_bytes: int = Field(
        default=64 * _MIB, ge=0, description="passages kept in memory for ranking, in bytes"
    )


class AnswerSettings(_Group):
    """What an answer may be."""

    max_question_chars: int = Field(
        default=20_000,
        ge=100,
        description="longest question; the rest is not read, and this is said",
    )
    max_sentences: int = Field(default=8, ge=1, le=30, description="most sentences of an answer")
    min_confidence: float = Field(
        default=0.35, ge=0, le=1, description="below this an answer goes to a person as a draft"
    )
    link_hosts: Hosts = Field(
        default=(),
        description="your own hosts, with commas between, whose addresses stay links where a "
        "document without an address of that host holds them",
    )
    cache_s: float = Field(
        default=86_400.0,
        ge=0,
        le=30 * 86_400,
        description="how long the bot may give an answer again to the same question, in seconds; "
        "0 means never",
    )


class QdrantSettings(_Group):
    """A Qdrant server instead of the embedded index."""

    url: Address | None = Field(
        default=None,
        description="http:// or https:// address without credentials; unset means the embedded "
        "index",
    )
    api_key: SecretStr | None = Field(default=None, description="key of the server")
    collection: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = Field(
        default="deskhand", description="alias of the collection, shared by all tenants"
    )
    timeout_s: float = Field(
        default=10.0, gt=0, le=600, description="longest time for one search, in seconds"
    )
    batch_points: int = Field(default=128, ge=1, le=2048, description="points in one request")
    parallel_requests: int = Field(
        default=4, ge=1, le=64, description="requests of one write at the same time"
    )
    quantization: Literal["none", "scalar", "binary"] = Field(
        default="none",
        description="none, scalar (int8, a quarter of the memory) or binary (a 32nd; for 1,024 "
        "dimensions or more)",
    )
    on_disk: bool = Field(
        default=False, description="vectors and their graph on disk, read when needed"
    )
    exact: bool = Field(
        default=False, description="compare with every vector instead of following the graph"
    )
    shard_number: int | None = Field(
        default=None, ge=1, le=1000, description="shards of a new collection"
    )
    replication_factor: int | None = Field(
        default=None, ge=1, le=100, description="copies of each shard"
    )
    write_consistency_factor: int | None = Field(
        default=None, ge=1, le=100, description="copies that must have taken a write"
    )


class UnstructuredSettings(_Group):
    """The Unstructured API instead of the local parser, for PDF and office files."""

    api_key: SecretStr | None = Field(default=None, description="unset means the local parser")
    url: Address | None = Field(default=None, description="address of a self-hosted API")
    strategy: Literal["auto", "fast", "hi_res", "ocr_only", "vlm"] = Field(
        default="auto", description="how the API reads a page: auto, fast, hi_res, ocr_only or vlm"
    )
    timeout_s: float = Field(
        default=300.0, gt=0, le=7200, description="longest time for one file, in seconds"
    )
    parallel_pages: int = Field(
        default=4, ge=1, le=15, description="parts of a PDF that are read at the same time"
    )


class Settings(BaseSettings):
    """Everything that can be set; frozen. Build it with `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    home: Path = Field(
        default=Path(".deskhand"), description="folder of the index and the database"
    )
    tenant: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = Field(
        default="default", description="whose documents and questions these are"
    )
    role: Role = Field(
        default=Role.ALL,
        description="what `deskhand run` does: web takes events and answers, worker does the jobs, "
        "all both",
    )
    embedder: Annotated[str, StringConstraints(pattern=r"^(local|openai(:[^\s:]+)*)$")] = Field(
        default="local", description="what makes vectors: local, or openai:MODEL[:DIMENSION]"
    )
    embedding_cache: Path | None = Field(
        default=None,
        description="file in which vectors of texts seen before are kept; several homes may name "
        "the same one",
    )
    embedding_cache_mb: int = Field(
        default=1024, ge=1, description="about the largest size of that file; the oldest go first"
    )
    verifier: Annotated[str, StringConstraints(pattern=r"^(local|openai(:[^\s:]+)+)$")] = Field(
        default="local", description="what checks a model's sentences: local, or openai:MODEL"
    )
    refit_every_s: float = Field(
        default=600.0,
        ge=0,
        le=7 * 86_400,
        description="least time between two times that the bot learns anew how much changed "
        "documents answer; 0 means never",
    )
    ingest_schedule: str | None = Field(
        default=None,
        description="when the bot reads every source again, as five fields of cron (`17 2 * * *`) "
        "in DESKHAND_REVIEW__TIMEZONE; unset: when `deskhand ingest` is run",
    )
    private_hosts: Hosts = Field(
        default=(),
        description="hosts of your own network, with commas between, that sites may be read from",
    )
    demo_port: int = Field(
        default=8377,
        ge=0,
        le=65535,
        description="port of the demo's page; another free one where it is taken",
    )
    database: DatabaseSettings = DatabaseSettings()
    parse: ParseSettings = ParseSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answer: AnswerSettings = AnswerSettings()
    openai: OpenAiSettings = OpenAiSettings()
    qdrant: QdrantSettings = QdrantSettings()
    unstructured: UnstructuredSettings = UnstructuredSettings()
    slack: SlackSettings = SlackSettings()
    evals: EvaluationSettings = EvaluationSettings()
    review: ReviewSettings = ReviewSettings()
    budget: BudgetSettings = BudgetSettings()
    limits: LimitSettings = LimitSettings()
    retention: RetentionSettings = RetentionSettings()
    encryption: EncryptionSettings = EncryptionSettings()
    log: LogSettings = LogSettings()
    sentry: SentrySettings = SentrySettings()
    langsmith: LangSmithSettings = LangSmithSettings()
    langfuse: LangfuseSettings = LangfuseSettings()
    mirror: MirrorSettings = MirrorSettings()

    def local(self, home: Path) -> Settings:
        """The same in this folder, with no database, index, model or parser on another machine.

        So nothing is written where production lives, and no key is used.
        """
        nothing_set: dict[str, BaseModel] = {
            "database": DatabaseSettings(),
            "openai": OpenAiSettings(),
            "qdrant": QdrantSettings(),
            "unstructured": UnstructuredSettings(),
            "langsmith": LangSmithSettings(),
            "langfuse": LangfuseSettings(),
        }
        locally = {"home": home, "embedder": "local", "verifier": "local"}
        return self.model_copy(update={**locally, **nothing_set})

    @classmethod
    def settings_customise_sources(  # type: ignore[override]  # the other sources are not wanted
        cls, settings_cls: Any, init_settings: Any, **_: Any
    ) -> Any:
        """Only what `load_settings` hands over; it has merged the sources already."""
        return (init_settings,)


class _MergedSource(EnvSettingsSource):
    """pydantic-settings' own reading of nested names, over the merged mapping."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        super().__init__(Settings, case_sensitive=True)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._values.items()}

    def _apply_case_sensitive(self, value: str) -> str:
        return value.lower()


def setting_names() -> dict[str, str]:
    """Every setting's environment name and what it is, in the order of the README's table."""
    names: dict[str, str] = {}
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            for inner, inner_field in field.annotation.model_fields.items():
                names[f"{PREFIX}{name}__{inner}".upper()] = inner_field.description or ""
        else:
            names[f"{PREFIX}{name}".upper()] = field.description or ""
    return names


def load_settings(
    environ: Mapping[str, str] | None = None, *, working_directory: Path | None = None
) -> Settings:
    """The settings of this process.

    environ: None means the process's environment. working_directory: where `.env` is looked for
    and what a relative `DESKHAND_HOME` is relative to; None means the current one.

    Raises: SettingsInvalid with one sentence that names the first unknown or bad setting; the
    sentence never holds the value of a secret.
    """
    cwd = Path.cwd() if working_directory is None else working_directory
    known = setting_names()
    given = read_sources(os.environ if environ is None else environ, cwd, known)
    values = known_only(given.values, known)
    try:
        settings = Settings(**_MergedSource(values)())
    except (ValidationError, ValueError) as error:
        raise SettingsInvalid(_first_problem(error, given)) from None
    _refuse_infinite(settings, given)
    try:
        home = settings.home.expanduser()
    except RuntimeError:
        raise SettingsInvalid("DESKHAND_HOME names the home of a user who is not known") from None
    return settings.model_copy(update={"home": home if home.is_absolute() else cwd / home})


def _refuse_infinite(settings: Settings, given: GivenValues) -> None:
    """No wait and no budget is without an end, however large a number was written."""
    for group, parts in settings:
        values = parts if isinstance(parts, BaseModel) else ((group, parts),)
        for inner, value in values:
            if isinstance(value, float) and not math.isfinite(value):
                named = group if parts is value else f"{group}__{inner}"
                ours = f"{PREFIX}{named}".upper()
                raise SettingsInvalid(
                    f"{given.names.get(ours, ours)} has a bad value: it should be a finite number"
                )


def _first_problem(error: ValidationError | ValueError, given: GivenValues) -> str:
    if not isinstance(error, ValidationError):
        return f"a setting has a value that cannot be read: {type(error).__name__}"
    problem = error.errors(include_input=False, include_url=False)[0]
    named = [str(part) for part in problem["loc"] if not isinstance(part, int)]
    ours = PREFIX + "__".join(named).upper()
    name = given.names.get(ours, ours)
    if problem["type"] == SAID_WHOLE:
        return f"{name} {problem['msg']}"
    return f"{name} has a bad value: {problem['msg'][0].lower()}{problem['msg'][1:]}"
