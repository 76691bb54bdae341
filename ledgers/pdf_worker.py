"""The process that turns HTML into PDF: without secrets, without network, without the file system beyond one table.

Run by `ledgers.pdf` as a script of its own; speaks length-prefixed messages on its standard streams. It imports nothing
of the house, so that it starts fast and knows nothing worth stealing.
"""

import contextlib
import ctypes
import functools
import gc
import io
import json
import logging
import os
import resource
import struct
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

MEMORY_BYTES = 1_200 * 1024 * 1024
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
STATIC = Path(__file__).resolve().parent.parent / "static"
ASSETS = {
    "asset:pdf.css": (STATIC / "css" / "pdf.css", "text/css"),
    "asset:checks.css": (STATIC / "css" / "checks.css", "text/css"),
    "asset:inter.woff2": (STATIC / "vendor" / "inter-full-4.1.1" / "InterVariable.woff2", "font/woff2"),
}


def receive(stream: BinaryIO) -> bytes | None:
    """Return the next message, None at the end of the stream."""
    head = stream.read(4)
    return stream.read(struct.unpack(">I", head)[0]) if len(head) == 4 else None


def send(stream: BinaryIO, message: bytes) -> None:
    """Write one message."""
    stream.write(struct.pack(">I", len(message)) + message)
    stream.flush()


def confine() -> None:
    """Give up memory beyond the limit, core files and, where the kernel lets us, the network."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET) != 0:
            libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)


@functools.cache
def asset(url: str) -> bytes:
    """Return the content of an asset; the typeface unpacked, which else takes half of the time of each document."""
    from fontTools.ttLib import woff2  # type: ignore[import-untyped]

    path, kind = ASSETS[url]
    if kind != "font/woff2":
        return path.read_bytes()
    unpacked = io.BytesIO()
    woff2.decompress(io.BytesIO(path.read_bytes()), unpacked)
    return unpacked.getvalue()


def fetcher() -> Any:
    """Return the fetcher that knows the assets of the table and refuses, fatally, everything else."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class AssetsOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint is untyped
        """Refuses whatever is not one of our assets: no file, no address, no data."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            """Return the asset of this name."""
            if url not in ASSETS:
                raise FatalURLFetchingError(f"a PDF may not load {url[:200]}")
            return URLFetcherResponse(url, asset(url), {"Content-Type": ASSETS[url][1]})

    return AssetsOnly()


def rendered(html: str) -> bytes:
    """Return the PDF of a page, tagged for screen readers (PDF/UA-1); the same page gives the same bytes."""
    from weasyprint import HTML

    gc.disable()
    try:
        document = HTML(string=html, base_url="asset:", url_fetcher=fetcher())
        return bytes(document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=b"TrustLedger"))
    finally:
        gc.enable()
        gc.collect()


def answer(request: bytes) -> tuple[bytes, bytes]:
    """Return the state ("ok", "refused" or "failed") and the PDF, or why there is none."""
    from weasyprint.urls import FatalURLFetchingError

    try:
        return b"ok", rendered(json.loads(request)["html"])
    except FatalURLFetchingError as refusal:
        return b"refused", str(refusal).encode()
    except MemoryError:
        return b"failed", b"it needs more memory than a PDF may have"
    except Exception as error:  # noqa: BLE001  # whatever it was, the parent must hear of it
        return b"failed", f"{type(error).__name__}: {error}"[:500].encode()


def main() -> None:
    """Answer until the parent is gone."""
    os.environ["TZ"] = "UTC"
    os.environ["SOURCE_DATE_EPOCH"] = "0"  # else every embedded font carries the second it was cut out
    time.tzset()
    logging.disable(logging.ERROR)
    incoming, outgoing = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no message
    import weasyprint  # noqa: F401  # before the first message, so that a waiting worker is warm

    asset("asset:inter.woff2")
    confine()
    while (request := receive(incoming)) is not None:
        for part in answer(request):
            send(outgoing, part)


if __name__ == "__main__":
    main()
