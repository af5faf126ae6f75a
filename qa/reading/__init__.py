"""Files become Documents: which there are in a folder, and what stands in each."""

from qa.reading.apart import Apart
from qa.reading.document import located, read
from qa.reading.folder import Listing, find
from qa.reading.formats import FORMATS, REVISIONS, dating, extractor, is_table

__all__ = [
    "FORMATS",
    "REVISIONS",
    "Apart",
    "Listing",
    "dating",
    "extractor",
    "find",
    "is_table",
    "located",
    "read",
]
