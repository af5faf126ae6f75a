"""The vocabulary of a Unigram tokenizer as a memory-mapped file, and the tokenizer over it.

Parsing a `tokenizer.json` of 250,002 pieces takes longer than all the rest of answering a
question. `build` writes its pieces once in a form that needs no parsing; `Vocabulary.encode` finds
the ids that the library `tokenizers` gives, or says that it cannot promise them. The model is the
unigram language model of Kudo 2018 (https://arxiv.org/abs/1804.10959); details follow the source
of https://github.com/huggingface/tokenizers (`models/unigram/model.rs`, `normalizers/unicode.rs`).

The file, little-endian: a header, the trie, a float64 score a piece, the special tokens. A piece's
node in the trie has the piece's number; the root and the nodes that only lead to longer pieces are
numbered from there on. Each edge is one 64-bit entry of an open-addressed hash table, parent node,
code point and child node of 21 bits each: so whether it exists is known without any string.
"""

import json
import mmap
import re
import struct
import sys
import unicodedata
from array import array
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import Any, Self

from embeddings.errors import ModelError

_MAGIC = b"UNIGRAM\x01"  # the last byte is the version of the layout
# Magic; slots, pieces, ids of unknown, begin and end, bytes of special tokens; unknown's score.
_HEADER = struct.Struct("<8s6Id")  # 40 bytes, so that the 64-bit numbers behind it are aligned
_BITS = 21  # a code point's, and enough for the nodes of a million pieces
_NODE = (1 << _BITS) - 1
_UNKNOWN_PENALTY = 10.0  # below the worst piece: kUnkPenalty of SentencePiece
_SPACE = "\u2581"  # stands for a space, in front of each word
_KNOWN = 8192  # words whose pieces are kept; the same ones come again and again
_LONG = 32  # characters; longer words hardly come again

# The settings of the one kind of tokenizer this is, as the library writes them.
_ONE_SPACE = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
_NORMALIZER = {"type": "Sequence", "normalizers": [{"type": "Nmt"}, {"type": "NFKC"}, _ONE_SPACE]}
_METASPACE = {"type": "Metaspace", "replacement": _SPACE, "prepend_scheme": "always", "split": True}

# What the library's Nmt does before NFKC: drop controls, take these for spaces.
_DROPPED = [*range(0x01, 0x09), 0x0B, *range(0x0E, 0x20), 0x7F, 0x8F, 0x9F]
_SPACES = [0x09, 0x0A, 0x0C, 0x0D, 0x1680, *range(0x200B, 0x2010), 0x2028, 0x2029, 0x2581]
_NMT = dict.fromkeys(_DROPPED) | dict.fromkeys([*_SPACES, 0xFEFF, 0xFFFD], " ")

# Normalisation of a character never changes once Unicode has it, but the library's tables are of
# Unicode 9 and Python's are newer. In these blocks both say the same; elsewhere we don't promise.
_FAMILIAR = (  # first and past the last, ascending
    *"\0\u07c0",  # Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic, Syriac, Thaana
    *"\u0900\u0980" + "\u0e00\u0e80",  # Devanagari, Thai
    *"\u1e00\u3200",  # accented Latin and Greek, punctuation, currencies, symbols, kana
    *"\u3300\ua000" + "\uac00\ud7a4",  # units in a square, Chinese, Korean
    *"\ue000\U00010000",  # private use (bullets from PDF), ligatures, variation selectors
    *"\U0001d400\U0001d800",  # mathematical letters, used as bold and italic
    *"\U0001f1e6\U0001fb00" + "\U000e0020\U000e0080",  # emoji, and the tags of flags
)


def build(tokenizer_json: Path, target: Path) -> bool:
    """Write the vocabulary of a Hugging Face `tokenizer.json` to the file `target`.

    Only one kind of tokenizer has such a file: Unigram without byte fallback; normalised by Nmt,
    NFKC and one space for many; Metaspace in front of every word; one begin and one end token.
    Truncation and padding are settings of a call, and those of the file are not looked at.

    Returns:
        Whether it is of that kind. Where not, nothing is written; use the library.

    Raises:
        OSError: a file cannot be read or written.
    """
    try:
        content = _content(json.loads(tokenizer_json.read_bytes()))
    except ValueError:  # not JSON, or pieces that the layout cannot hold
        content = None
    if content is None or sys.byteorder != "little":
        return False
    aside = target.with_name(target.name + ".part")
    aside.write_bytes(content)
    aside.replace(target)
    return True


def _content(tokenizer: Any) -> bytes | None:
    """The bytes of the file, or None where the tokenizer is of another kind."""
    match tokenizer:
        case {
            "added_tokens": added,
            "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer,
            "post_processor": {"type": "TemplateProcessing", **template},
            "model": {"type": "Unigram", "unk_id": int(unknown), "vocab": vocab, **settings},
        } if (
            (normalizer, pre_tokenizer) == (_NORMALIZER, _METASPACE)
            and settings == {"byte_fallback": False}
            and (ends := _ends(template))
            and not any(token["normalized"] for token in added)
        ):
            return _packed(vocab, (unknown, *ends), [token["content"] for token in added])
    return None


def _ends(template: Any) -> tuple[int, int] | None:
    """The ids of the begin and end token, where the template is one, the text, and one."""
    match template["single"]:
        case [{"SpecialToken": begin}, {"Sequence": {"id": "A"}}, {"SpecialToken": end}]:
            ids = [template["special_tokens"][token["id"]]["ids"] for token in (begin, end)]
            return (ids[0][0], ids[1][0]) if [len(each) for each in ids] == [1, 1] else None
    return None


def _packed(vocab: list[tuple[str, float]], ids: tuple[int, ...], specials: list[str]) -> bytes:
    """The bytes of the file."""
    edges = _trie([piece for piece, _ in vocab])
    scores = array("d", [score for _, score in vocab])
    tokens = "\0".join(specials).encode()
    unknown_score = min(scores) - _UNKNOWN_PENALTY
    header = _HEADER.pack(_MAGIC, len(edges), len(scores), *ids, len(tokens), unknown_score)
    return header + edges.tobytes() + scores.tobytes() + tokens


def _trie(pieces: list[str]) -> "array[int]":
    """The hash table of edges, less than half full; its length is a power of two."""
    nodes = {piece: number for number, piece in enumerate(pieces)}
    root = number = len(pieces)
    for piece in pieces:
        for end in range(1, len(piece)):
            if piece[:end] not in nodes:
                nodes[piece[:end]] = number = number + 1
    if number > _NODE or "" in nodes:
        raise ValueError("more nodes than the layout can number, or a piece without characters")
    table = array("Q", bytes(8 << (2 * number).bit_length()))
    last = len(table) - 1
    for text, node in nodes.items():
        parent, code = nodes.get(text[:-1], root), ord(text[-1])
        slot = _slot(parent, code) & last
        while table[slot]:
            slot = slot + 1 & last
        table[slot] = (parent << _BITS | code) << _BITS | node
    return table


def _slot(parent: int, code: int) -> int:
    """Where the search begins; so the built-in model's edges take 1.45 looks, misses 2.35."""
    return parent * 40503 + code * 2654435


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """A mapped vocabulary file. Threads may share it."""

    edges: memoryview
    scores: "memoryview[float]"
    ids: tuple[int, ...]  # of the unknown, the begin and the end token
    unknown_score: float
    specials: tuple[str, ...]
    _kept: Any = field(init=False)  # the pieces of words that were met, in a cache of them

    def __post_init__(self) -> None:
        object.__setattr__(self, "_kept", lru_cache(_KNOWN)(self._best_path))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map the file that `build` wrote. Constant time: its pages are read when needed.

        Raises:
            ModelError: the file is missing, cut short, or of another layout.
        """
        try:
            with path.open("rb") as file:
                view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            magic, slots, pieces, *ids, size, unknown_score = _HEADER.unpack_from(view)
            scores = _HEADER.size + 8 * slots
            specials = scores + 8 * pieces
            if magic != _MAGIC or len(view) != specials + size:
                raise ValueError("another layout or length")
            tokens = tuple(filter(None, str(view[specials:], "utf-8").split("\0")))
        except (OSError, ValueError, struct.error) as error:
            raise ModelError(
                f"{path} is not a vocabulary of this version ({error}); "
                f"remove the folder {path.parent} and it is prepared anew"
            ) from error
        edges = view[_HEADER.size : scores].cast("Q")
        return cls(edges, view[scores:specials].cast("d"), tuple(ids), unknown_score, tokens)

    def encode(self, text: str, max_tokens: int = 512) -> list[int] | None:
        """The ids of a text, begin and end token included, at most `max_tokens`.

        Returns:
            The library's ids, or None where they cannot be promised: the text spells out a
            special token such as `<s>`, or has a character outside the familiar blocks.

        Raises:
            ValueError: `max_tokens` leaves no room for begin and end.
        """
        if max_tokens < 2:
            raise ValueError(f"max_tokens is {max_tokens}, and begin and end alone are 2")
        familiar = all(bisect(_FAMILIAR, character) % 2 for character in set(text))
        if not familiar or any(token in text for token in self.specials):
            return None
        _, begin, end = self.ids
        ids = [begin]
        for word in _words(text):
            ids += self._kept(word) if len(word) <= _LONG else self._best_path(word)
            if len(ids) >= max_tokens:
                break
        return [*ids[: max_tokens - 1], end]

    def _best_path(self, word: str) -> tuple[int, ...]:
        """The pieces of one word with the highest sum of scores (Viterbi); ties: longest last."""
        codes = [ord(character) for character in word]
        best = [0.0] + [-inf] * len(codes)  # the score of the best path that ends here,
        last = [(0, 0)] * len(best)  # and its last piece: where it starts, and its number
        for start in range(len(codes)):
            for end, piece, score in self._pieces(codes, start):
                if best[start] + score > best[end]:
                    best[end] = best[start] + score
                    last[end] = start, piece
        ids, end = list[int](), len(codes)
        while end:
            end, piece = last[end]
            if piece != self.ids[0] or ids[-1:] != [piece]:  # unknown neighbours are one
                ids.append(piece)
        return tuple(reversed(ids))

    def _pieces(self, codes: list[int], start: int) -> Iterator[tuple[int, int, float]]:
        """Every piece from here, its end and score; "unknown" for a character that is none."""
        edges, scores = self.edges, self.scores
        slots, pieces = len(edges) - 1, len(scores)
        node, alone = pieces, False  # the root
        for end in range(start + 1, len(codes) + 1):
            code = codes[end - 1]
            key, slot = node << _BITS | code, _slot(node, code) & slots
            while (edge := edges[slot]) and edge >> _BITS != key:
                slot = slot + 1 & slots
            if not edge:
                break
            node = edge & _NODE
            if node < pieces:
                alone = alone or end == start + 1
                yield end, node, scores[node]
        if not alone:
            yield start + 1, self.ids[0], self.unknown_score


def _words(text: str) -> Iterator[str]:
    """The words of a text, normalised, each with the sign for its space in front."""
    normal = re.sub(" {2,}", " ", unicodedata.normalize("NFKC", text.translate(_NMT)))
    if normal:  # a space in front of the text is the first word's own
        yield from (_SPACE + word for word in normal.removeprefix(" ").split(" "))
