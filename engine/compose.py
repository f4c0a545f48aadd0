"""The engine's composition root: builds every part from the settings, and closes it again."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine import chosen
from engine.answer_cache import AnswerCache
from engine.answerability.own_calibration import OwnCalibration
from engine.answerability.own_model import OwnAnswerability
from engine.cited_links import CitedLinks
from engine.clock import Clock, now
from engine.drafting import Drafting
from engine.errors import OverBudget, SettingsInvalid, StorageUnavailable
from engine.fingerprint import Fingerprint
from engine.generation.extractive import ExtractiveWriter
from engine.generation.writer import Writer
from engine.hosted_models import HostedModels
from engine.knowledge.entries import EntryKnowledge
from engine.knowledge.ingest import Ingestion, index_record
from engine.knowledge.parser import Parser
from engine.ledger import Ledger
from engine.pipeline import Pipeline
from engine.proposed_steps import StepProposal, StepWriter
from engine.retention import Retention
from engine.retrieval.embedder import Embedder
from engine.retrieval.index import SearchIndex
from engine.retrieval.retriever import Retriever
from engine.settings import Settings
from engine.small_model.permit import SmallModelPermit
from engine.spending.budgets import Budgets, zone_of
from engine.storage.announcements import AnnouncementStore
from engine.storage.audit import AuditStore
from engine.storage.cases import CaseStore
from engine.storage.conversations import ConversationStore
from engine.storage.database import Database, database_url
from engine.storage.document_notes import DocumentNotes
from engine.storage.documents import DocumentStore
from engine.storage.entries import EntryStore
from engine.storage.evaluation_answers import EvaluationAnswers
from engine.storage.evaluation_points import EvaluationPoints
from engine.storage.evaluation_schedules import EvaluationSchedules
from engine.storage.evaluations import EvaluationStore
from engine.storage.feedback import FeedbackStore
from engine.storage.fits import FitStore
from engine.storage.group_commit import GroupCommit
from engine.storage.inbox import InboxStore
from engine.storage.intake import IntakeStore
from engine.storage.migrate import migrate
from engine.storage.models import ModelStore
from engine.storage.passages import PassageStore
from engine.storage.replies import ReplyStore
from engine.storage.retention import RetentionStore
from engine.storage.shared_clock import shared_clock
from engine.storage.sources import SourceStore
from engine.storage.spend import SpendStore
from engine.storage.term_statistics import TermStatistics
from engine.storage.traces import TraceStore
from engine.storage.usage import UsageStore
from engine.triage.judge import TriageModels
from engine.verification.claim import ClaimChecker, LocalVerifier, Verifier
from engine.verification.support_checker import SupportChecker

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Everything a program works with."""

    settings: Settings
    pipeline: Pipeline
    answer_cache: AnswerCache
    ingestion: Ingestion
    retriever: Retriever
    embedder: Embedder
    index: SearchIndex
    database: Database
    documents: DocumentStore
    passages: PassageStore
    notes: DocumentNotes
    sources: SourceStore
    traces: TraceStore
    usage: UsageStore
    spend: SpendStore
    budgets: Budgets
    models: ModelStore
    fits: FitStore
    audit: AuditStore
    retention: Retention
    triage: TriageModels
    answerability: OwnAnswerability
    inbox: InboxStore
    intake: IntakeStore
    replies: ReplyStore
    conversations: ConversationStore
    cases: CaseStore
    feedback: FeedbackStore
    entries: EntryStore
    entry_knowledge: EntryKnowledge
    evaluations: EvaluationStore
    eval_answers: EvaluationAnswers
    eval_schedules: EvaluationSchedules
    eval_points: EvaluationPoints
    announcements: AnnouncementStore
    hosted: HostedModels
    ledger: Ledger
    environment: Mapping[str, str]

    async def forget_vectors(self) -> None:
        """Empties the file of vectors of texts seen before, where there is one."""
        await chosen.forget_vectors(self.embedder)

    async def make_ready(self) -> None:
        """Opens the index for questions, and repairs it from the database where they differ.

        They differ when the index was lost, or when another home ingested into this database.
        What people answered is brought up to date as well, as far as a budget has room for it.

        Raises: IndexMismatch when it was built by another embedder or chunker; IndexUnavailable,
        StorageUnavailable.
        """
        await self.index.start(self.ingestion.index_record())
        tenant = self.settings.tenant
        if await self.index.count(tenant) != await self.documents.count_passages(tenant):
            await self.ingestion.repair()
        try:
            await self.entry_knowledge.bring_all(self.ingestion)
        except OverBudget as error:
            log.warning("what people answered is not all brought up to date: %s", error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """Parts to use instead of those the settings name; None means build it.

    database, local_embedder: also of other engines of this process; whoever opened them closes
    them. environment: what processes started for this engine have beside the process's own.
    """

    database: Database | None = None
    local_embedder: Embedder | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    embedder: Embedder | None = None
    index: SearchIndex | None = None
    parser: Parser | None = None
    writer: Writer | None = None
    small_writer: Writer | None = None
    step_writer: StepWriter | None = None
    verifier: Verifier | None = None
    checker: ClaimChecker | None = None
    clock: Clock = now


@asynccontextmanager
async def open_engine(
    settings: Settings, overrides: Overrides | None = None
) -> AsyncIterator[Engine]:
    """An engine, closed when left; makes `DESKHAND_HOME` and the tables where they are missing.

    Loads no model and reads no index yet: that happens on first use.

    Raises: SettingsInvalid, StorageUnavailable.
    """
    given = overrides or Overrides()
    async with AsyncExitStack() as stack:
        database = given.database or connect_database(settings, stack)
        make_home(settings.home)
        await migrate(database, only_safe=True)
        clock = await stack.enter_async_context(shared_clock(database, given.clock))
        given = replace(given, clock=clock)
        commits = GroupCommit(database)
        stack.push_async_callback(commits.aclose)
        usage = UsageStore(database)
        budgets = Budgets(settings=settings.budget, zone=zone_of(settings.review.timezone))
        spend = SpendStore(database)
        ledger = Ledger(usage, spend, budgets, tenant=settings.tenant, clock=given.clock)
        hosted = HostedModels(settings, ledger, stack)
        local = LocalVerifier(given.checker or SupportChecker())
        drafting = Drafting(
            quoting=ExtractiveWriter(),
            model=given.writer or hosted.writer(),
            small=given.small_writer or hosted.small_writer(),
            verifier=given.verifier or hosted.verifier(local),
            local_verifier=local,
            max_sentences=settings.answer.max_sentences,
            links=CitedLinks(hosts=settings.answer.link_hosts),
        )
        proposal = StepProposal(writer=given.step_writer or hosted.step_writer())
        embedder = given.embedder or chosen.embedder(settings, hosted, stack, given.local_embedder)
        index = given.index or chosen.index(settings, stack)
        parser = given.parser or chosen.parser(settings, stack)
        documents, passages = DocumentStore(database), PassageStore(database)
        sources, models, fits = SourceStore(database), ModelStore(database), FitStore(database)
        statistics, traces = TermStatistics(database), TraceStore(database)
        triage = TriageModels(models, (embedder.name, embedder.version))
        retriever = Retriever(
            index=index,
            embedder=embedder,
            passages=passages,
            statistics=statistics,
            candidates=settings.retrieval.candidates,
            top_k=settings.retrieval.top_k,
            cache_entries=settings.retrieval.cache_entries,
            passage_cache_bytes=settings.retrieval.passage_cache_bytes,
        )
        answerability = OwnAnswerability(
            store=models,
            fits=fits,
            retriever=retriever,
            documents=documents,
            passages=passages,
            clock=given.clock,
            embedder=f"{embedder.name}:{embedder.version}",
            calibration=OwnCalibration(models),
        )
        entries, audit = EntryStore(database), AuditStore(database)
        pipeline = Pipeline(
            retriever=retriever,
            drafting=drafting,
            proposal=proposal,
            ledger=ledger,
            documents=documents,
            triage=triage,
            answerability=answerability,
            fingerprint=Fingerprint(
                settings,
                index_record(embedder),
                documents.content_fingerprint,
                models=(*drafting.names(), *proposal.names()),
            ),
            clock=given.clock,
            max_question_chars=settings.answer.max_question_chars,
            min_confidence=settings.answer.min_confidence,
            small_model=SmallModelPermit(
                store=models,
                model=drafting.names()[0],
                small=drafting.small.name if drafting.small else "",
                bound=settings.openai.small_model_loss,
            ),
        )
        yield Engine(
            settings=settings,
            pipeline=pipeline,
            answer_cache=AnswerCache(
                pipeline=pipeline,
                traces=traces,
                documents=documents,
                statistics=statistics,
                clock=given.clock,
                ttl_s=settings.answer.cache_s,
            ),
            ingestion=Ingestion(
                tenant=settings.tenant,
                parser=parser,
                embedder=embedder,
                index=index,
                documents=documents,
                passages=passages,
                sources=sources,
                clock=given.clock,
                max_bytes=settings.parse.max_bytes,
                parallel_parses=settings.parse.workers + 1,
                private_hosts=settings.private_hosts,
            ),
            retriever=retriever,
            embedder=embedder,
            index=index,
            database=database,
            documents=documents,
            passages=passages,
            notes=DocumentNotes(database),
            sources=sources,
            traces=traces,
            usage=usage,
            spend=spend,
            budgets=budgets,
            models=models,
            fits=fits,
            audit=audit,
            retention=Retention(
                tenant=settings.tenant,
                settings=settings.retention,
                store=RetentionStore(database),
                audit=audit,
                clock=given.clock,
            ),
            triage=triage,
            answerability=answerability,
            inbox=InboxStore(database, commits),
            intake=IntakeStore(commits),
            replies=ReplyStore(database),
            conversations=ConversationStore(database, commits),
            cases=CaseStore(database),
            feedback=FeedbackStore(database),
            entries=entries,
            entry_knowledge=EntryKnowledge(
                tenant=settings.tenant, entries=entries, clock=given.clock
            ),
            evaluations=EvaluationStore(database),
            eval_answers=EvaluationAnswers(database),
            eval_schedules=EvaluationSchedules(database),
            eval_points=EvaluationPoints(database),
            announcements=AnnouncementStore(database),
            hosted=hosted,
            ledger=ledger,
            environment=given.environment,
        )


def connect_database(settings: Settings, stack: AsyncExitStack) -> Database:
    """The database as it is, closed with the stack; makes the home folder where it is missing.

    Raises: StorageUnavailable, SettingsInvalid.
    """
    make_home(settings.home)
    secret = settings.database.url
    url = database_url(secret.get_secret_value() if secret else None, settings.home)
    database = Database(
        url, pool_size=settings.database.pool_size, timeout_s=settings.database.timeout_s
    )
    stack.push_async_callback(database.aclose)
    return database


def make_home(home: Path) -> None:
    """Makes the folder of the settings where it is missing.

    Raises: StorageUnavailable, SettingsInvalid.
    """
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except FileExistsError:
        raise SettingsInvalid(f"DESKHAND_HOME is {home}, which is not a folder") from None
    except OSError as error:
        raise StorageUnavailable(
            f"the folder {home} cannot be made ({error.strerror}); set DESKHAND_HOME to one this "
            "user may write",
            retryable=False,
        ) from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise StorageUnavailable(
            f"the folder {home} cannot be written; set DESKHAND_HOME to one this user may write",
            retryable=False,
        )
