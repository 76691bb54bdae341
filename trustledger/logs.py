"""Structured logs: one JSON object a line on standard error, with the request's or task's ids.

No secret reaches them: the tokens of personal links are cut out of every line, and tracebacks name no values.
"""

import re
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

TOKENS = re.compile(r"(/approvals/link/|/bill/link/|/password/reset/key/)[^/\s\"'?\\]+")


def without_tokens(_logger: Any, _method: str, line: str) -> str:
    """Return a line without the tokens of personal links."""
    return TOKENS.sub(r"\1...", line)


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
]


def logging_config(level: str) -> dict[str, Any]:
    """Return Django's LOGGING and set structlog up to go through it."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(default=str),
                    without_tokens,
                ],
                "foreign_pre_chain": SHARED,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "django.db.backends": {"level": "INFO"},
            "fido2": {"level": "WARNING"},  # one line for every touch, with the number of the passkey
            "fontTools": {"level": "ERROR"},
            "weasyprint": {"level": "ERROR"},
        },
    }
