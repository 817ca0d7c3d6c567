"""A simulated card terminal: three calls over HTTP, and the three ways in which a real one leaves a till in doubt.

An amount that ends in 13 øre is declined; 17: charged, and the answer never comes; 19: the line breaks before anything
was charged. Whatever the till does about it, an id charges once at most: `GET /transactions` lists what was charged.
"""

import json
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

from butik.lib.command_line import Parser

State = Literal["APPROVED", "DECLINED", "PENDING"]
DECLINED, SILENT, BROKEN = 13, 17, 19  # the last two digits of an amount
LONGEST_BODY = 10_000


@dataclass(slots=True)
class Transaction:
    id: str
    amount: int
    currency: str
    state: State
    reference: str = ""
    card: str = ""


class OtherAmountError(Exception):
    """This id was used for another amount."""


class CardTerminal:
    """What the terminal remembers. Safe to call from several threads."""

    def __init__(self, *, customer_seconds: float = 0.0) -> None:
        self._customer_seconds = customer_seconds
        self._transactions: dict[str, Transaction] = {}
        self._changed = threading.Condition()

    def charge(self, key: str, amount: int, currency: str) -> Transaction:
        """Charge unless this id was seen before, and return once the customer is done (or gave up)."""
        with self._changed:
            known = self._transactions.get(key)
            if known is None:
                known = self._transactions[key] = Transaction(key, amount, currency, "PENDING")
                first = True
            elif (known.amount, known.currency) != (amount, currency):
                raise OtherAmountError(key)
            else:
                first = False
            if first:
                self._changed.wait_for(lambda: known.state != "PENDING", timeout=self._customer_seconds)
                self._settle(known)
            else:
                self._changed.wait_for(lambda: known.state != "PENDING")
            return known

    def cancel(self, key: str) -> Transaction | None:
        """Decline what is still pending; what was charged stays charged."""
        with self._changed:
            transaction = self._transactions.get(key)
            if transaction is not None and transaction.state == "PENDING":
                transaction.state = "DECLINED"
                self._changed.notify_all()
            return transaction

    def find(self, key: str) -> Transaction | None:
        with self._changed:
            return self._transactions.get(key)

    def all(self) -> list[Transaction]:
        with self._changed:
            return list(self._transactions.values())

    def _settle(self, transaction: Transaction) -> None:
        if transaction.state != "PENDING":
            return
        transaction.state = "DECLINED" if transaction.amount % 100 == DECLINED else "APPROVED"
        if transaction.state == "APPROVED":
            digits = int(sha256(transaction.id.encode()).hexdigest(), 16)
            transaction.reference = f"{digits % 10**12:012d}"
            transaction.card = f"{('VISA', 'DANKORT', 'MASTERCARD')[digits % 3]} •••• {digits // 3 % 10**4:04d}"
        self._changed.notify_all()


class TerminalServer(ThreadingHTTPServer):
    """Serves one terminal on loopback to the POS app at `origin`. `silence` is how long a silent answer hangs."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, *, origin: str, customer_seconds: float = 0.0, silence: float = 20.0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.terminal = CardTerminal(customer_seconds=customer_seconds)
        self.origin = origin
        self.silence = silence


class _Handler(BaseHTTPRequestHandler):
    server: TerminalServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        match self._path():
            case ["transactions"]:
                self._answer(200, {"transactions": [asdict(each) for each in self.server.terminal.all()]})
            case ["transactions", key]:
                self._answer_with(self.server.terminal.find(key))
            case ["health"]:
                self._answer(200, {"status": "ok"})
            case _:
                self._answer(404, {"error": "not-found"})

    def do_POST(self) -> None:
        body = self._body()
        match self._path():
            case ["transactions"]:
                self._charge(body)
            case ["transactions", key, "cancel"]:
                self._answer_with(self.server.terminal.cancel(key))
            case _:
                self._answer(404, {"error": "not-found"})

    def do_OPTIONS(self) -> None:
        self.send_response(204)
        self._allow_origin()
        self.send_header("Access-Control-Allow-Methods", "GET, POST")
        self.send_header("Access-Control-Allow-Headers", "content-type")
        self.send_header("Access-Control-Allow-Private-Network", "true")
        self.send_header("Access-Control-Max-Age", "7200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _charge(self, body: dict[str, Any]) -> None:
        key, amount, currency = body.get("id"), body.get("amount"), body.get("currency")
        if not (isinstance(key, str) and key and type(amount) is int and amount > 0 and isinstance(currency, str)):
            self._answer(422, {"error": "bad-request"})
            return
        if amount % 100 == BROKEN:
            self.close_connection = True
            return
        try:
            transaction = self.server.terminal.charge(key, amount, currency)
        except OtherAmountError:
            self._answer(409, {"error": "other-amount"})
            return
        if amount % 100 == SILENT:
            time.sleep(self.server.silence)
            self.close_connection = True
            return
        self._answer_with(transaction)

    def _path(self) -> list[str]:
        return urlsplit(self.path).path.strip("/").split("/")

    def _body(self) -> dict[str, Any]:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_BODY:
            self.close_connection = True
            return {}
        try:
            body = json.loads(self.rfile.read(length) or b"{}")
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def _answer_with(self, transaction: Transaction | None) -> None:
        if transaction is None:
            self._answer(404, {"error": "not-found"})
        else:
            self._answer(200, asdict(transaction))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self._allow_origin()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _allow_origin(self) -> None:
        self.send_header("Access-Control-Allow-Origin", self.server.origin)
        self.send_header("Vary", "Origin")

    def log_message(self, *_: Any) -> None:
        """A line a request would bury what the demo has to say."""


def simulate_terminal(arguments: list[str]) -> int:
    """`butik simulate_terminal`: run until stopped."""
    parser = Parser(prog="butik simulate_terminal", description="A simulated card terminal.")
    parser.add_argument("--port", type=int, default=8030)
    parser.add_argument("--origin", default="http://localhost:8000", help="where the POS app is loaded from")
    parser.add_argument("--customer-seconds", type=float, default=0.5, help="how long a customer takes")
    options = parser.parse_args(arguments)
    server = TerminalServer(options.port, origin=options.origin, customer_seconds=options.customer_seconds)
    print(f"Card terminal ready at http://localhost:{server.server_port}", flush=True)  # noqa: T201 - it is a program
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0
