"""Book sales in this process, by the service's own WSGI application, and count what the last asks of the database."""

import io
import json
import os
import sys
from pathlib import Path
from typing import Any


def main(requests: list[tuple[str, str]]) -> dict[str, int]:
    """`requests` are (Authorization, body); the first warms up what a process asks once."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    from django.db.backends.signals import connection_created

    from butik.wsgi import application

    seen: list[str] = []

    def trace(connection: Any, **_: Any) -> None:
        connection.connection.set_trace_callback(seen.append)

    connection_created.connect(trace)
    for authorization, body in requests:
        seen.clear()
        answer = b"".join(application(_environ(authorization, body.encode()), lambda *_: None))
        assert b'"BOOKED"' in answer, answer
    # the trace names each execution of a prepared statement: those of one executemany are one statement
    distinct = [each for place, each in enumerate(seen) if place == 0 or _shape(each) != _shape(seen[place - 1])]
    commits = sum(each == "COMMIT" for each in seen)
    return {"statements": len(distinct) - commits, "commits": commits}


def _environ(authorization: str, content: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/pos/v1/journal",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(content)),
        "HTTP_AUTHORIZATION": authorization,
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": sys.stderr,
    }


def _shape(statement: str) -> str:
    return statement.split("VALUES", 1)[0]


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
