"""Book one sale in this process, by the service's own WSGI application, and count what the database is asked."""

import io
import json
import os
import sys
from typing import Any


def main(authorization: str, body: str) -> dict[str, int]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    from django.db.backends.signals import connection_created

    from butik.wsgi import application

    seen: list[str] = []

    def trace(connection: Any, **_: Any) -> None:
        connection.connection.set_trace_callback(seen.append)

    connection_created.connect(trace)
    content = body.encode()
    environ: dict[str, Any] = {
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
    answer = b"".join(application(environ, lambda *_: None))
    assert b'"BOOKED"' in answer, answer
    # the trace names each execution of a prepared statement: those of one executemany are one statement
    distinct = [each for place, each in enumerate(seen) if place == 0 or _shape(each) != _shape(seen[place - 1])]
    print(*distinct, sep="\n", file=sys.stderr)
    return {"statements": len(distinct), "commits": sum(each == "COMMIT" for each in seen)}


def _shape(statement: str) -> str:
    return statement.split("VALUES", 1)[0]


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2])))
