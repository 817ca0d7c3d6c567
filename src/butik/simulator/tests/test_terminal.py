"""The simulated terminal, over real HTTP."""

import threading
from collections.abc import Iterator

import httpx
import pytest

from butik.lib.ids import new_id
from butik.simulator import card_reader
from butik.simulator.terminal import TerminalServer

ORIGIN = "http://localhost:8000"


@pytest.fixture
def terminal() -> Iterator[httpx.Client]:
    server = TerminalServer(0, origin=ORIGIN, silence=0.05)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", trust_env=False) as client:
        yield client
    server.shutdown()
    thread.join()
    server.server_close()


def charge(terminal: httpx.Client, amount: int, key: str | None = None) -> tuple[str, httpx.Response]:
    key = key or str(new_id())
    return key, terminal.post("/transactions", json={"id": key, "amount": amount, "currency": "DKK"})


def charged(terminal: httpx.Client) -> int:
    answer = terminal.get("/transactions").json()["transactions"]
    return sum(each["amount"] for each in answer if each["state"] == "APPROVED")


def test_it_charges_an_id_once_however_often_it_is_asked(terminal: httpx.Client) -> None:
    key, first = charge(terminal, 5000)
    _, second = charge(terminal, 5000, key)
    assert first.status_code == 200
    assert first.json() == second.json() == terminal.get(f"/transactions/{key}").json()
    assert first.json()["state"] == "APPROVED"
    assert charged(terminal) == 5000


def test_it_refuses_the_same_id_for_another_amount(terminal: httpx.Client) -> None:
    key, _ = charge(terminal, 5000)
    assert charge(terminal, 6000, key)[1].status_code == 409
    assert charged(terminal) == 5000


def test_it_declines_thirteen(terminal: httpx.Client) -> None:
    _, answer = charge(terminal, 5013)
    assert answer.json()["state"] == "DECLINED"
    assert charged(terminal) == 0


def test_it_charges_seventeen_and_does_not_say_so_until_it_is_asked(terminal: httpx.Client) -> None:
    key = str(new_id())
    with pytest.raises(httpx.HTTPError):
        charge(terminal, 5017, key)
    assert terminal.get(f"/transactions/{key}").json()["state"] == "APPROVED"
    assert charged(terminal) == 5017


def test_it_breaks_the_line_at_nineteen_and_charges_nothing(terminal: httpx.Client) -> None:
    key = str(new_id())
    with pytest.raises(httpx.HTTPError):
        charge(terminal, 5019, key)
    assert terminal.get(f"/transactions/{key}").status_code == 404
    assert charged(terminal) == 0


def test_it_can_be_cancelled_only_while_the_customer_thinks() -> None:
    from butik.simulator.terminal import CardTerminal

    card = CardTerminal(customer_seconds=30)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(card.charge("a", 100, "DKK")))
    thread.start()
    while card.find("a") is None:
        pass
    cancelled = card.cancel("a")
    thread.join()
    assert cancelled is not None
    assert answers[0].state == "DECLINED"

    quick = CardTerminal()
    quick.charge("b", 100, "DKK")
    kept = quick.cancel("b")
    assert kept is not None
    assert kept.state == "APPROVED"
    assert quick.cancel("never seen") is None


@pytest.mark.parametrize("body", [{}, {"id": "x"}, {"id": "x", "amount": "5", "currency": "DKK"}, ["x"]])
def test_it_refuses_what_it_cannot_read(terminal: httpx.Client, body: object) -> None:
    assert terminal.post("/transactions", json=body).status_code == 422


def test_it_lets_the_pos_app_call(terminal: httpx.Client) -> None:
    answer = terminal.options("/transactions", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Private-Network"] == "true"


def test_a_till_pays_by_card_or_falls_back_to_cash_and_never_charges_twice(
    terminal: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_reader, "PAUSE", 0.01)
    reader = card_reader.CardReader(str(terminal.base_url))
    paid = [reader.pay(amount, coin=50, currency="DKK") for amount in (5000, 5013, 5017, 5019)]
    reader.close()
    assert [(each.tender, each.amount) for each in paid] == [
        ("CARD", 5000),
        ("CASH", 5000),
        ("CARD", 5017),
        ("CASH", 5000),
    ]
    assert charged(terminal) == 5000 + 5017
