"""LlamaIndex: its default vector index in memory, alone or fused with its BM25 retriever."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from llama_index.core import QueryBundle, StorageContext, VectorStoreIndex
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import TextNode
from llama_index.retrievers.bm25 import BM25Retriever

from evals.benchmarks.peers.exchange import Exchange
from evals.benchmarks.peers.searching import Search


def open_llamaindex(exchange: Exchange, *, hybrid: bool) -> Search:
    """hybrid: reciprocal rank fusion of both retrievers, one query each, so that no model is asked.

    No embedding model is asked either: nodes carry their vectors, and so does each question.
    """
    nodes = [
        TextNode(id_=str(n), text=text, embedding=vector.tolist())
        for n, (text, vector) in enumerate(
            zip(exchange.passages, exchange.passage_vectors, strict=True)
        )
    ]
    index = VectorStoreIndex(
        nodes=nodes,
        storage_context=StorageContext.from_defaults(),
        embed_model=MockEmbedding(embed_dim=exchange.passage_vectors.shape[1]),
    )
    retriever: Any = index.as_retriever(similarity_top_k=exchange.k)
    if hybrid:
        words = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=exchange.k)
        retriever = QueryFusionRetriever(
            [retriever, words],
            llm=MockLLM(),
            mode="reciprocal_rerank",
            num_queries=1,
            similarity_top_k=exchange.k,
            use_async=False,
        )
    questions = [
        QueryBundle(query_str=text, embedding=vector.tolist())
        for text, vector in zip(exchange.questions, exchange.question_vectors, strict=True)
    ]

    def find(position: int) -> list[int]:
        return [int(found.node.node_id) for found in retriever.retrieve(questions[position])]

    return Search(version=version("llama-index-core"), find=find)
