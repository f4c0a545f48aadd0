"""The parts that the settings choose: what makes vectors, the index, what reads files."""

from __future__ import annotations

from contextlib import AsyncExitStack

from engine.hosted_models import HostedModels
from engine.knowledge.parser import ParseLimits, Parser
from engine.retrieval.embedder import Embedder
from engine.retrieval.index import SearchIndex
from engine.settings import Settings


def embedder(
    settings: Settings,
    hosted: HostedModels,
    stack: AsyncExitStack,
    local: Embedder | None = None,
) -> Embedder:
    """What makes vectors, behind the file of those made before where there is one. local: the local
    model where it is loaded already, of whoever loaded it."""
    model = _model_of_vectors(settings, hosted, stack, local)
    if settings.embedding_cache is None:
        return model
    from engine.adapters.embedding_cache import CachedEmbedder

    cached = CachedEmbedder(
        model,
        settings.embedding_cache,
        tenant=settings.tenant,
        max_bytes=settings.embedding_cache_mb << 20,
        is_shared=local is not None and model is local,
    )
    stack.push_async_callback(cached.aclose)
    return cached


async def forget_vectors(embedder: Embedder) -> None:
    """Empties that file; does nothing where there is none."""
    from engine.adapters.embedding_cache import CachedEmbedder

    if isinstance(embedder, CachedEmbedder):
        await embedder.forget()


def _model_of_vectors(
    settings: Settings, hosted: HostedModels, stack: AsyncExitStack, local: Embedder | None
) -> Embedder:
    if settings.embedder != "local":
        return hosted.embedder()
    return local or local_embedder(stack)


def local_embedder(stack: AsyncExitStack) -> Embedder:
    """The model that makes vectors on this machine."""
    from engine.adapters.minilm.embedder import MiniLmEmbedder

    embedder = MiniLmEmbedder()
    stack.push_async_callback(embedder.aclose)
    return embedder


def index(settings: Settings, stack: AsyncExitStack) -> SearchIndex:
    """The Qdrant server's, or the embedded one."""
    if settings.qdrant.url:
        from engine.adapters.qdrant_index import QdrantIndex

        server = QdrantIndex(settings.qdrant)
        stack.push_async_callback(server.aclose)
        return server
    from engine.adapters.shared_index import SharedIndex

    shared = SharedIndex(settings.home)
    stack.push_async_callback(shared.aclose)
    return shared


def parser(settings: Settings, stack: AsyncExitStack) -> Parser:
    """The local parser, below the Unstructured API where that is set."""
    from engine.adapters.local_parser import LocalParser

    parse = settings.parse
    limits = ParseLimits(
        max_bytes=parse.max_bytes,
        max_text_chars=parse.max_text_chars,
        timeout_s=parse.timeout_s,
        memory_bytes=parse.memory_bytes,
    )
    local = LocalParser(limits, workers=parse.workers)
    stack.push_async_callback(local.aclose)
    if not (settings.unstructured.api_key or settings.unstructured.url):
        return local
    from engine.adapters.unstructured_parser import UnstructuredParser

    hosted = UnstructuredParser(settings.unstructured, limits, local=local)
    stack.push_async_callback(hosted.aclose)
    return hosted
