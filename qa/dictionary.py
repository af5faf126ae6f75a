"""What is a word of a language, and whether it has a capital, told in a moment: the digests of all
its words, kept in the cache.

The lists of `simplemma` take seconds to unpack and 150 MB of memory, which is much for one question
with one typo. They are unpacked once; from then on a sorted file is mapped.
"""

import tempfile
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from qa.language import fold
from qa.progress import Share
from qa.types import LANGUAGES, Language

_FORMAT = 2  # of the files; another one has another name
_BYTES = 8  # a digest; of a million words and a million typos, none are taken for one another


def unpack(folder: Path, progress: Callable[[str, float], None]) -> None:
    """Make the files of digests that `folder` lacks, so that no question has to wait for them."""
    for done, language in enumerate(LANGUAGES):
        if not (path := _path(folder, language)).exists():
            progress("unpacking the lists of words", Share(done, len(LANGUAGES)))
            _digests(path, language)


def is_word(word: str, language: Language, folder: Path) -> bool:
    """Whether the language has a word, in whatever case, or calls a country so; `folder` keeps the
    file of digests."""
    return _has(word.lower(), language, folder)


def is_common(word: str, language: Language, folder: Path) -> bool:
    """Whether the language writes a word without a capital; accents may be missing.

    Names of countries are none, whatever else they mean: the list of French has all names so.
    """
    if _has(_name(fold(word)), language, folder):
        return False
    return is_word(word, language, folder) or _has(_plain(fold(word)), language, folder)


def _has(text: str, language: Language, folder: Path) -> bool:
    digests = _digests(_path(folder, language), language)
    sought = np.frombuffer(_digest(text), "<u8")[0]
    at = int(np.searchsorted(digests, sought))
    return at < len(digests) and bool(digests[at] == sought)


def _path(folder: Path, language: Language) -> Path:
    return folder / f"{language}-{_FORMAT}.npy"


@lru_cache(maxsize=8)
def _digests(path: Path, language: Language) -> npt.NDArray[np.uint64]:
    """Digests, (n,) uint64 ascending: of all words, of those with accents once more without them,
    and of names, which no common word is."""
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
    names = {fold(word) for word in listed if word[:1].isupper() and word.lower() not in listed}
    names.update(fold(name) for each in LANGUAGES for name in _countries(each))
    digests = [_digest(word.lower()) for word in listed]
    digests += [_digest(word.lower()) for word in _countries(language)]
    digests += [_digest(_plain(_bare(word))) for word in listed if not word.isascii()]
    digests += [_digest(_name(word)) for word in names]
    return np.sort(np.frombuffer(b"".join(digests), "<u8"))


def _countries(language: Language) -> list[str]:
    from babel import Locale

    # Codes of digits are those of continents and of the world.
    return [name for code, name in Locale(language).territories.items() if code.isalpha()]


def _bare(word: str) -> str:
    """As `fold` does, in a third of its time: there are 300,000 such words in Spanish."""
    return unicodedata.normalize("NFD", word.lower()).encode("ascii", "ignore").decode()


def _plain(folded: str) -> str:
    return f"{folded} plain"  # no word has a blank


def _name(folded: str) -> str:
    return f"{folded} name"


def _digest(word: str) -> bytes:
    if not word.isascii():
        word = unicodedata.normalize("NFC", word)
    return blake2b(word.encode(errors="replace"), digest_size=_BYTES).digest()


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
