"""The emergency that the benchmark's store comes home from: the tests' cloud, full of sales before a clock starts."""

import os
from datetime import timedelta
from functools import cached_property
from random import Random
from typing import Any

import django
import msgspec

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.support.till import Till  # noqa: E402 - needs Django

from butik.lib.ids import new_id  # noqa: E402
from butik.lib.signing import SigningKey, decode, document_hash  # noqa: E402
from butik.recovery.tests.fake_cloud import FakeCloud  # noqa: E402

LINES = 10


class ReadyCloud(FakeCloud):
    """Sums and closes once: what is measured is the store."""

    closings: tuple[str, ...] = ()

    def sums(self) -> list[dict[str, Any]]:
        return self._sums

    def sha256(self) -> str:
        return self._sha256

    @cached_property
    def _sums(self) -> list[dict[str, Any]]:
        return FakeCloud.sums(self)

    @cached_property
    def _sha256(self) -> str:
        return FakeCloud.sha256(self)

    def _release(self, query: object, said: object, key: bytes) -> Any:
        self.records += [(each, self.records[0][1]) for each in self.closings]
        self.open_devices = []
        return super()._release(query, said, key)


def sell(cloud: ReadyCloud, articles: list[tuple[str, str, int, int]], count: int) -> list[str]:
    """Two devices, ten lines a sale; returns the sales' documents."""
    random = Random(57)
    tills = [cloud.assign(SigningKey.generate(), new_id(), pos) for pos in (1, 2)]
    for till in tills:
        till.now -= timedelta(seconds=2 * count)  # each sale takes a second of its clock
        cloud.receive(till.opening(reason="EMERGENCY"))
        cloud.receive(*(_sale(till, random.sample(articles, LINES)) for _ in range(count // len(tills))))
    cloud.closings = tuple(till.closing(reason="RELEASED") for till in tills)
    return [document for document, _ in cloud.records if "lines" in _payload(document)]


def _sale(till: Till, articles: list[tuple[str, str, int, int]]) -> str:
    till.counter += 1
    payload = till.sale_payload([(number, text, price) for number, text, price, _ in articles])
    for line, (*_, version) in zip(payload["lines"], articles, strict=True):
        line["version"] = version
    document = till.sign("butik-sale", payload)
    till.prev = document_hash(document)
    return document


def _payload(document: str) -> dict[str, Any]:
    payload: dict[str, Any] = msgspec.json.decode(decode(document.split(".")[1]))
    return payload
