"""The same model and passages in well-known frameworks, each as its own documentation does it.

    python tests/benchmarks/peers.py NAME MODEL_FOLDER STORE "question"
    python tests/benchmarks/peers.py NAME MODEL_FOLDER STORE --store PASSAGES.json

NAME is txtai, haystack or llamaindex; STORE is a folder of its own, which --store fills.
`tests/benchmarks/bench.py --peers PYTHON` runs those that are installed for PYTHON.
"""

import argparse
import json
from pathlib import Path
from typing import Any

QUERY, PASSAGE = "query: ", "passage: "  # the model's prompts
TOP = 3


def txtai(model: str, store: Path, texts: list[str], question: str) -> list[str]:
    from txtai import Embeddings

    if texts:
        prompts = {"query": QUERY, "data": PASSAGE}
        embeddings = Embeddings(path=model, content=True, instructions=prompts)
        embeddings.index(texts)
        embeddings.save(str(store))
        return []
    embeddings = Embeddings()
    embeddings.load(str(store))
    return [found["text"] for found in embeddings.search(question, TOP)]


def haystack(model: str, store: Path, texts: list[str], question: str) -> list[str]:
    from haystack import Document, Pipeline
    from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
        SentenceTransformersTextEmbedder,
    )

    path = str(store / "store.json")
    if texts:
        documents = InMemoryDocumentStore(embedding_similarity_function="cosine")
        embedder = SentenceTransformersDocumentEmbedder(model=model, prefix=PASSAGE)
        embedder.warm_up()
        found = embedder.run([Document(content=text) for text in dict.fromkeys(texts)])
        documents.write_documents(found["documents"])
        documents.save_to_disk(path)
        return []
    documents = InMemoryDocumentStore.load_from_disk(path)
    pipeline = Pipeline()
    pipeline.add_component("embedder", SentenceTransformersTextEmbedder(model=model, prefix=QUERY))
    pipeline.add_component("retriever", InMemoryEmbeddingRetriever(documents, top_k=TOP))
    pipeline.connect("embedder.embedding", "retriever.query_embedding")
    answer: dict[str, Any] = pipeline.run({"embedder": {"text": question}})
    return [document.content for document in answer["retriever"]["documents"]]


def llamaindex(model: str, store: Path, texts: list[str], question: str) -> list[str]:
    from llama_index.core import StorageContext, VectorStoreIndex, load_index_from_storage
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    embedding = HuggingFaceEmbedding(
        model_name=model, query_instruction=QUERY, text_instruction=PASSAGE
    )
    if texts:
        index = VectorStoreIndex([TextNode(text=text) for text in texts], embed_model=embedding)
        index.storage_context.persist(str(store))
        return []
    context = StorageContext.from_defaults(persist_dir=str(store))
    index = load_index_from_storage(context, embed_model=embedding)
    found = index.as_retriever(similarity_top_k=TOP).retrieve(question)
    return [node.get_content() for node in found]


PEERS = {"txtai": txtai, "haystack": haystack, "llamaindex": llamaindex}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("model")
    parser.add_argument("folder", type=Path)
    parser.add_argument("question", nargs="?", default="")
    parser.add_argument("--store", type=Path)
    options = parser.parse_args()
    texts = json.loads(options.store.read_text(encoding="utf-8")) if options.store else []
    for text in PEERS[options.name](options.model, options.folder, texts, options.question):
        print(f"{text}\n")


if __name__ == "__main__":
    main()
