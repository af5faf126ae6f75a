"""Published sets, opened as `qa evaluate` opens them."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from embeddings import open_encoder
from qa.folders import cache
from qa.judgements import read_texts
from qa.progress import Bar
from qa.published import Published, open_published


def read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def opened(folder: Path) -> Published:
    """The bot over a set's corpus."""
    encoder = open_encoder(None, cache() / "models")
    with closing(Bar()) as progress:
        return open_published(folder, read_texts(folder / "corpus.jsonl"), encoder, progress)
