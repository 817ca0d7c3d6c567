"""The logging handler that keeps entries. Placeholder until the error log is built: see `actions.py`."""

import logging


class ErrorLogHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        return
