"""What is to be asked: a folder, or a store."""

import os
from typing import TYPE_CHECKING

from qa.errors import UsageError

if TYPE_CHECKING:
    from qa.bot import Bot, Progress


def open_bot(
    documents: str | os.PathLike[str] | None,
    index: str | os.PathLike[str] | None,
    model: str | None,
    store: str | None,
    progress: "Progress | None" = None,
) -> "Bot":
    """The bot over a folder, or over what was published to a store.

    Raises:
        QAError: it cannot be used, or both are named.
        EmbeddingsError: the model cannot be used.
    """
    if store is None:
        from qa.bot import Bot

        return Bot.open(documents, index=index, model=model, progress=progress)
    if documents is not None or index is not None:
        raise UsageError(
            "a store is asked without a folder; leave out documents and index "
            "(`qa index` takes them, and publishes)"
        )
    from qa.remote import RemoteBot

    return RemoteBot.connected(store, model, progress)
