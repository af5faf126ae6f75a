"""What is a word of a language, told in a moment: the digests of all its words, kept in the cache.

The lists of `simplemma` take up to half a second to unpack and 150 MB of memory, which is much for
one question with one typo. They are unpacked once; from then on a sorted file is mapped.
"""

import tempfile
import unicodedata
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from qa.types import Language

_FORMAT = 1  # of the files; another one has another name
_BYTES = 8  # a digest; of a million words and a million typos, none are taken for one another


def is_word(word: str, language: Language, folder: Path) -> bool:
    """Whether the language has a word, in whatever case; `folder` keeps the file of digests."""
    digests = _digests(folder / f"{language}-{_FORMAT}.npy", language)
    digest = np.frombuffer(_digest(word), "<u8")[0]
    at = int(np.searchsorted(digests, digest))
    return at < len(digests) and bool(digests[at] == digest)


@lru_cache(maxsize=8)
def _digests(path: Path, language: Language) -> npt.NDArray[np.uint64]:
    """The digests of all words, (n,) uint64 ascending."""
    try:
        kept: npt.NDArray[np.uint64] = np.load(path, mmap_mode="r", allow_pickle=False)
        if kept.dtype == np.dtype("<u8") and kept.ndim == 1 and len(kept):
            return kept
    except (OSError, ValueError, EOFError):  # not there yet, or damaged
        pass
    made = _made(language)
    try:
        _keep(made, path)
    except OSError:  # a cache that cannot be written to makes it slow, not wrong
        return made
    return made


def _made(language: Language) -> npt.NDArray[np.uint64]:
    from simplemma.strategies.dictionaries import DefaultDictionaryFactory

    words = DefaultDictionaryFactory().get_dictionary(language)
    return np.sort(np.frombuffer(b"".join(map(_digest, words)), "<u8"))


def _digest(word: str) -> bytes:
    composed = unicodedata.normalize("NFC", word.lower())
    return blake2b(composed.encode(errors="replace"), digest_size=_BYTES).digest()


def _keep(digests: npt.NDArray[np.uint64], path: Path) -> None:
    """Written aside and named when whole: others may read at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        try:
            np.save(file, digests)
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            file.close()
            Path(file.name).unlink(missing_ok=True)
            raise
