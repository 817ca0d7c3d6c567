"""A till's side of the simulated terminal: an id charges once, and what is unknown is asked for until it is known."""

import time
from uuid import UUID

import httpx

from butik.lib.ids import new_id
from butik.simulator.documents import Payment
from butik.simulator.sale_documents import pay_card, pay_cash

ANSWER_WITHIN = 5.0
ASKED = 5  # times; a payment that is still unknown then is left to people
PAUSE = 0.5


class UnknownOutcomeError(Exception):
    """The terminal does not say whether it charged. The sale must wait."""


class CardReader:
    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=ANSWER_WITHIN, trust_env=False)

    def pay(self, total: int, *, coin: int, currency: str) -> Payment:
        """By card; in cash when the card was declined."""
        payment = new_id()
        reference = self.charge(payment, total, currency)
        return pay_cash(payment, total, coin) if reference is None else pay_card(payment, total, reference)

    def charge(self, payment: UUID, amount: int, currency: str) -> str | None:
        """The terminal's reference, or None when nothing was charged, for certain."""
        body = {"id": str(payment), "amount": amount, "currency": currency}
        try:
            answer = self._client.post("/transactions", json=body).raise_for_status().json()
        except httpx.HTTPError:
            answer = self._ask(payment)
        return str(answer["reference"]) if answer["state"] == "APPROVED" else None

    def _ask(self, payment: UUID) -> dict[str, str]:
        unheard = 0
        for _ in range(ASKED):
            time.sleep(PAUSE)
            try:
                response = self._client.get(f"/transactions/{payment}")
            except httpx.HTTPError:
                continue
            if response.is_success and response.json()["state"] != "PENDING":
                return dict(response.json())
            unheard += response.status_code == 404
            if unheard > 1:  # one may have overtaken the charge; two are an answer
                return {"state": "DECLINED"}
        raise UnknownOutcomeError(str(payment))

    def close(self) -> None:
        self._client.close()
