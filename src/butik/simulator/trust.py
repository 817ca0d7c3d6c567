"""Whom a device believes: its chain's root, the store that it has introduced, the emergency cloud that was pinned."""

from datetime import timedelta
from typing import TypeVar

import msgspec

from butik.lib.clock import now
from butik.lib.signing import BadDocument, decode, verify_document
from butik.simulator.documents import Certificate, Pairing, Root

GRACE = timedelta(days=1)
Payload = TypeVar("Payload")


class Trust:
    """`pairing`: the butik-emergency document that was pinned, or empty."""

    def __init__(self, root: Root, certificate: str, pairing: str = "") -> None:
        self._root = decode(root.key)
        self.certificate = certificate
        self.document = pairing

    @property
    def pairing(self) -> Pairing | None:
        return self._pairing(self.document) if self.document else None

    def by_store(self, document: str, typ: str, payload: type[Payload]) -> Payload:
        """Root, certificate, document: each must have been signed by the one before it."""
        introduced = verify_document(self.certificate, "butik-key", self._root)
        certificate = msgspec.json.decode(introduced, type=Certificate)
        if certificate.use != "store" or certificate.expires_at + GRACE < now():
            raise BadDocument("the store's certificate is not good, or no longer")
        return msgspec.json.decode(verify_document(document, typ, decode(certificate.key)), type=payload)

    def by_emergency(self, document: str, typ: str, payload: type[Payload]) -> Payload:
        """By the emergency cloud's root alone: what a store signs is worth nothing here."""
        pairing = self.pairing
        if pairing is None:
            raise BadDocument("this device knows of no emergency cloud")
        return msgspec.json.decode(verify_document(document, typ, decode(pairing.key)), type=payload)

    def pin(self, document: str) -> bool:
        """Take the chain's word for its emergency cloud; another root than the pinned one is refused for good.

        False: nothing new. An older word, and none at all, change nothing.
        """
        if not document or document == self.document:
            return False
        told, pinned = self._pairing(document), self.pairing
        if pinned is not None and pinned.key != told.key:
            raise BadDocument("another emergency cloud than the one that was pinned")
        if pinned is not None and told.version <= pinned.version:
            return False
        self.document = document
        return True

    def _pairing(self, document: str) -> Pairing:
        return msgspec.json.decode(verify_document(document, "butik-emergency", self._root), type=Pairing)
