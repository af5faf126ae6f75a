"""What is a word of a language, and whether it has a capital, told in a moment: the digests of all
its words, kept in the cache.

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

from qa.language import fold
from qa.types import LANGUAGES, Language

_FORMAT = 2  # of the files; another one has another name
_BYTES = 8  # a digest; of a million words and a million typos, none are taken for one another


def is_word(word: str, language: Language, folder: Path) -> bool:
    """Whether the language has a word, in whatever case, or calls a country so; `folder` keeps the
    file of digests."""
    return _has(_digest(word.lower()), language, folder)


def is_common(word: str, language: Language, folder: Path) -> bool:
    """Whether the language writes a word without a capital; accents may be missing.

    Names of countries are none, whatever else they mean: the list of French has all names so.
    """
    return _has(_common(word), language, folder)


def _has(digest: bytes, language: Language, folder: Path) -> bool:
    digests = _digests(folder / f"{language}-{_FORMAT}.npy", language)
    sought = np.frombuffer(digest, "<u8")[0]
    at = int(np.searchsorted(digests, sought))
    return at < len(digests) and bool(digests[at] == sought)


@lru_cache(maxsize=8)
def _digests(path: Path, language: Language) -> npt.NDArray[np.uint64]:
    """The digests of all words, and others of the common ones, (n,) uint64 ascending."""
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

    listed = DefaultDictionaryFactory().get_dictionary(language)
    names = {fold(name) for each in LANGUAGES for name in _countries(each)}
    words = [_digest(word.lower()) for word in (*listed, *_countries(language))]
    common = [_common(w) for w in listed if not w[:1].isupper() and fold(w) not in names]
    return np.sort(np.frombuffer(b"".join(words + common), "<u8"))


def _countries(language: Language) -> list[str]:
    from babel import Locale

    # Codes of digits are those of continents and of the world.
    return [name for code, name in Locale(language).territories.items() if code.isalpha()]


def _common(word: str) -> bytes:
    return _digest(f"{fold(word)} common")  # no word has a blank


def _digest(word: str) -> bytes:
    composed = unicodedata.normalize("NFC", word)
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
