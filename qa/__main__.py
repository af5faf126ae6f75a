"""`python -m qa`, and the `qa` command: run it, and turn what goes wrong into one sentence."""

import os
import sys
import traceback
from contextlib import suppress
from typing import Any, NoReturn

import typer

from qa.cli import ANSWERED, TROUBLE, app
from qa.console import complain
from qa.errors import QAError, reason

INTERRUPTED, UNREAD = 130, 141  # as a shell says for Ctrl-C, and for a closed pipe


def run(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit status; every expected trouble is one sentence."""
    try:
        status = int(app(args=arguments, prog_name="qa", standalone_mode=False) or ANSWERED)
        return status if status != INTERRUPTED else _interrupted()
    except (KeyboardInterrupt, EOFError, typer.Abort):
        return _interrupted()
    except (BrokenPipeError, SystemExit):  # click leaves by the latter where a pipe was closed
        return UNREAD
    except _usage_errors() as error:
        _complain_of_usage(error)
    except MemoryError:
        complain("qa: there is not enough memory; close other programs, or name a smaller folder")
    except (QAError, OSError) as error:
        complain(f"qa: {reason(error)}")
    except Exception as error:  # the errors of embeddings, which most commands never import
        if _comes_of_interrupt(error):
            return _interrupted()
        if not _is_of_embeddings(error):
            raise
        complain(f"qa: {error}")
    return TROUBLE


def _interrupted() -> int:
    complain("qa: interrupted; an index that was there is kept, and one begun is gone on with")
    return INTERRUPTED


def _usage_errors() -> type[Any]:
    """What a wrong command line raises: of click, or of the copy of it that Typer may bring."""
    return next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def _complain_of_usage(error: Any) -> None:
    if type(error).__name__ == "NoArgsIsHelpError":  # not one sentence: the whole help
        error.show()
        return
    command = error.ctx.command_path if getattr(error, "ctx", None) else "qa"
    message = " ".join(error.format_message().split()).rstrip(".?")
    cure = f"{command} --help shows what can be said"
    if message.startswith("No such command"):
        cure = f'a question is asked with: qa ask "…"; {cure}'
    if command == "qa ask" and message.startswith("Got unexpected extra argument"):
        cure = 'a question of several words stands in quotes: qa ask "How many …?"'
    if message.startswith("No such option: --store"):
        message = f"{command} reads a folder, and no --store"
        cure = "ask, chat, doctor, index, serve, show and sources know stores"
    complain(f"qa: {message}; {cure}")


def _comes_of_interrupt(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind it: in the midst of an import it becomes an ImportError."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _is_of_embeddings(error: Exception) -> bool:
    from embeddings.errors import EmbeddingsError

    return isinstance(error, EmbeddingsError)


def main() -> NoReturn:
    """Run and leave at once: what is flushed is safe, and taking everything down takes longer."""
    try:
        status = run()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except BrokenPipeError:
        status = UNREAD
    except KeyboardInterrupt:
        status = _interrupted()
    except OSError:  # it has been said, and cannot be said again
        status = TROUBLE
    except Exception:  # a fault of the program; its status must not be that of "no answer"
        traceback.print_exc()
        status = TROUBLE
    with suppress(KeyboardInterrupt):  # all is said and done
        os._exit(status)
    os._exit(status)


if __name__ == "__main__":
    main()
