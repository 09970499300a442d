"""What a person sees in the terminal: one short line per thing that happened."""

import logging
import sys

import dagster as dg

TERSE = {"loggers": {"console": {}}}
"""Run configuration that chooses the logger below: without it Dagster uses its own."""


class TerseFormatter(logging.Formatter):
    """``12:03:10  phase1_checkpoint  the message``"""

    def format(self, record: logging.LogRecord) -> str:
        meta = getattr(record, "dagster_meta", {})
        step = meta.get("step_key") or ""
        message = failure_of(meta.get("dagster_event")) or meta.get("orig_message") or record.getMessage()
        mark = "" if record.levelno < logging.WARNING else f"{record.levelname} "
        text = f"{self.formatTime(record, '%H:%M:%S')}  {step.split('.')[0]:<26} {mark}{message}"
        return f"{text}\n{record.exc_text}" if record.exc_text else text


def failure_of(event: dg.DagsterEvent | None) -> str | None:
    """Return why a step failed, in the words of the error that began it; None for any other event."""
    if event is None or not event.is_step_failure or event.step_failure_data.error is None:
        return None
    error = event.step_failure_data.error
    while error.cause is not None:
        error = error.cause
    return error.message.strip()


@dg.logger(description="One short line per event.")
def terse_console_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """Write what assets say, and what went wrong; Dagster's own book-keeping stays in its event log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TerseFormatter())
    # One failed step has dozens of followers, each of which Dagster reports as an error of its own.
    handler.addFilter(lambda record: "Dependencies for step" not in record.getMessage())
    logger = logging.Logger("iccm", level=logging.INFO)
    logger.addHandler(handler)
    return logger
