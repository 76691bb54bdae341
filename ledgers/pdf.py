"""PDFs: a template of `templates/pdf/` and its facts become bytes, in a worker process that is confined and recycled.

    pdf.render("pdf/ledger_card.html", {"card": card, "generated_at": now()})

The same template and facts give the same bytes: a statement can be made again and compared. `generated_at` (an instant)
is printed at the foot and is the document's date; without it the document has none.
"""

import atexit
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from django.template.loader import render_to_string
from django.utils import timezone

from firms.clock import zone
from ledgers import pdf_worker

TIME_LIMIT_SECONDS = 30.0
START_LIMIT_SECONDS = 20.0
RENDERS_PER_WORKER = 25
WORKERS = 2
KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "XDG_DATA_DIRS", "LANG")


class PdfNotMade(Exception):
    """A document could not be made. The sentence says why; nothing else was affected."""


class PdfTookTooLong(PdfNotMade):
    """The document needed more time than one may."""


class PdfLoadsSomething(PdfNotMade):
    """The document wanted a file or an address that is not one of our assets."""


class Worker:
    """One process that renders one document after another."""

    def __init__(self) -> None:
        """Start it, with none of our secrets in its environment."""
        environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        self.process = subprocess.Popen(  # noqa: S603  # our own script, no argument from outside
            [sys.executable, "-I", str(Path(pdf_worker.__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            close_fds=True,
            start_new_session=True,
        )
        self.rendered = 0

    def render(self, html: str, seconds: float) -> bytes:
        """Return the PDF of a page.

        Raises: PdfTookTooLong, PdfLoadsSomething, PdfNotMade.
        """
        deadline = time.monotonic() + seconds + (0 if self.rendered else START_LIMIT_SECONDS)
        self.rendered += 1
        try:
            pdf_worker.send(_pipe(self.process.stdin), json.dumps({"html": html}).encode())
            state, result = self.receive(deadline), self.receive(deadline)
        except (BrokenPipeError, EOFError) as gone:
            raise PdfNotMade("The process that makes PDFs ended; the document is probably too large.") from gone
        if state == b"refused":
            raise PdfLoadsSomething(result.decode())
        if state != b"ok":
            raise PdfNotMade(f"The document could not be made: {result.decode()}.")
        return result

    def receive(self, deadline: float) -> bytes:
        """Return the worker's next message, if it comes in time."""
        head = self.read(4, deadline)
        return self.read(int.from_bytes(head, "big"), deadline)

    def read(self, count: int, deadline: float) -> bytes:
        """Return exactly `count` bytes."""
        found = bytearray()
        descriptor = _pipe(self.process.stdout).fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while len(found) < count:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise PdfTookTooLong(f"The document was not ready after {TIME_LIMIT_SECONDS:.0f} seconds.")
                piece = os.read(descriptor, min(count - len(found), 1 << 20))
                if not piece:
                    raise EOFError
                found += piece
        return bytes(found)

    def stop(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.communicate()


class Pool:
    """At most two workers of this process; each is replaced after a number of documents, or after a failure."""

    def __init__(self) -> None:
        """Start with none; they start when there is something to do."""
        self.process_id = os.getpid()
        self.places = threading.BoundedSemaphore(WORKERS)
        self.idle: list[Worker] = []
        self.lock = threading.Lock()

    def render(self, html: str, seconds: float) -> bytes:
        """Return the PDF of a page, made by an idle worker or a new one."""
        with self.places:
            with self.lock:
                worker = self.idle.pop() if self.idle else None
            worker = worker or Worker()
            try:
                made = worker.render(html, seconds)
            except BaseException:
                worker.stop()
                raise
            self.put_back(worker)
            return made

    def put_back(self, worker: Worker) -> None:
        """Keep the worker for the next document, or let it go when it has done its share."""
        if worker.rendered >= RENDERS_PER_WORKER:
            worker.stop()
            return
        with self.lock:
            self.idle.append(worker)

    def close(self) -> None:
        """End every idle worker."""
        with self.lock:
            workers, self.idle = self.idle, []
        for worker in workers:
            worker.stop()


_pool = Pool()
_pool_lock = threading.Lock()


def pool() -> Pool:
    """Return this process's pool; a forked process has its own."""
    global _pool  # one pool a process
    with _pool_lock:
        if _pool.process_id != os.getpid():
            _pool = Pool()
        return _pool


@atexit.register
def close() -> None:
    """End the workers of this process."""
    pool().close()


def render(template: str, context: dict[str, Any]) -> bytes:
    """Return a document as PDF; its instants are in the firm's time zone, whoever makes it.

    Raises: PdfTookTooLong, PdfLoadsSomething, PdfNotMade.
    """
    with timezone.override(zone()):  # pages have it; the API and the worker go by UTC
        html = render_to_string(template, context)
    return pool().render(html, TIME_LIMIT_SECONDS)


def _pipe(stream: IO[bytes] | None) -> Any:
    if stream is None:
        raise PdfNotMade("The process that makes PDFs has no pipe.")
    return stream
