"""Quotes compared with the files as they are now. Files are found in the folder, and nowhere else:
where a quote says it stands is only compared with what is found.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from qa import reading
from qa.errors import DocumentError, reason
from qa.standing import Claim, Finding, Present
from qa.visible import names_shown, one_line

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Report:
    """Findings in the order of the claims; the SHA-256 of each file that was read, by document,
    the paths of all that are there, and why some could not be read, or a folder not be opened."""

    findings: list[Finding]
    read: dict[str, str] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    closed: Mapping[Path, str] = field(default_factory=dict)


def verify(
    claims: Sequence[Claim],
    folder: Path,
    *,
    documents: Collection[str] = (),
    without: Path | None = None,
    progress: Progress = lambda _what, _share: None,
) -> Report:
    """Look for every quote in the files of a folder: in its own document, then in the others.

    `documents` are read in any case; the file `without` is not, as it holds the quotes.

    Raises:
        DocumentError: the folder cannot be read.
    """
    with reading.Apart() as apart:
        today = _Today(folder, without, apart)
        at: dict[str, list[int]] = {doc_id: [] for doc_id in documents}
        for number, claim in enumerate(claims):
            at.setdefault(today.doc_id(claim), []).append(number)
        findings = [Finding(claim) for claim in claims]
        for count, (doc_id, numbers) in enumerate(at.items()):
            progress("reading the documents", count / len(at))
            if present := today.document(doc_id):
                for number in numbers:
                    findings[number] = present.at_home(claims[number])
        left = [n for n, finding in enumerate(findings) if finding.status in ("altered", "gone")]
        for count, doc_id in enumerate(today.paths if left else ()):
            progress("looking elsewhere", count / len(today.paths))
            if present := today.document(doc_id):
                for number in left:
                    if today.doc_id(claims[number]) != doc_id:
                        findings[number] = present.abroad(findings[number])
        for number in left:
            orphaned = today.doc_id(claims[number]) not in today.paths
            findings[number] = replace(findings[number], orphaned=orphaned)
    return Report(findings, today.read, today.paths, today.unreadable, today.closed)


class _Today:
    """The documents of a folder, each read when it is first asked for."""

    def __init__(self, folder: Path, without: Path | None, apart: reading.Apart) -> None:
        found = reading.find(folder)
        documents = found.documents
        self.paths = {d: p for d, p in documents if not (without and _same_file(p, without))}
        self.closed = found.closed
        self.read: dict[str, str] = {}
        self.unreadable: dict[str, str] = {}
        self._shown = names_shown(self.paths)
        self._apart = apart
        self.document = lru_cache(maxsize=32)(self._document)

    def doc_id(self, claim: Claim) -> str:
        """The document a quote is said to be from; it need not be there."""
        return self._shown.get(one_line(claim.doc_id), "") if claim.as_shown else claim.doc_id

    def _document(self, doc_id: str) -> "Present | None":
        if doc_id not in self.paths:
            return None
        try:
            document = reading.read(reading.located(self.paths[doc_id]), doc_id, self._apart)
        except (DocumentError, OSError) as error:
            self.unreadable[doc_id] = reason(error)
            return None
        self.read[doc_id] = document.sha256
        return Present(document)


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
