"""Read what a device sent and see whether it is genuine: no database, no clock, no order yet."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from butik.lib.bounds import MAX_UNREADABLE
from butik.lib.signing import BadDocument, Envelope, document_hash, open_document, verify
from butik.sales.models import QuarantinedRecord
from butik.sales.wire import Acceptance, Content, decode_content

Reason = QuarantinedRecord.Reason


@dataclass(frozen=True, slots=True)
class Place:
    """The store whose journal is kept, as seen by the service that keeps it."""

    organisation_id: UUID
    chain_id: UUID
    store_id: UUID
    store_number: int
    timezone: str


@dataclass(frozen=True, slots=True)
class Signer:
    """A device that was enrolled in the store, and what it may sign for."""

    device_id: UUID
    kid: str
    key: bytes
    pos_number: int
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A record that was taken apart and not yet believed; without envelope when that could not be done."""

    document: str  # as it is stored
    hash: str
    envelope: Envelope | None
    detail: str = ""

    @property
    def kid(self) -> str:
        return self.envelope.kid if self.envelope else ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record, with the reason for which it cannot be booked whatever else is in the journal, if there is one."""

    document: str
    hash: str
    received_at: datetime
    content: Content | None = None
    reason: Reason | None = None
    detail: str = ""
    was_revoked: bool = False  # the device had been, when the first receiver got the record
    accepted: Acceptance | None = None  # somebody has vouched for it where it was first received


def open_record(document: str) -> Opened:
    try:
        envelope = open_document(document)
    except BadDocument as error:
        return Opened(*_keep_unreadable(document), None, str(error))
    return Opened(document, document_hash(document), envelope)


def read_record(
    opened: Opened,
    *,
    place: Place,
    signers: Mapping[str, Signer],
    received_at: datetime,
    is_revoked: bool = False,
    accepted: Acceptance | None = None,
) -> Record:
    """Check signature, form and origin. Never raises: what is wrong becomes the record's `reason`.

    `is_revoked`: the first receiver got it when the device had been revoked.
    """
    envelope = opened.envelope
    signer = signers.get(opened.kid)

    def verdict(reason: Reason | None, detail: str = "", content: Content | None = None) -> Record:
        return Record(opened.document, opened.hash, received_at, content, reason, detail, is_revoked, accepted)

    if envelope is None:
        return verdict(Reason.UNREADABLE, opened.detail)
    if signer is None:
        return verdict(Reason.UNKNOWN_KEY, envelope.kid)
    try:
        payload = verify(envelope, signer.key)
    except BadDocument as error:
        return verdict(Reason.BAD_SIGNATURE, str(error))
    try:
        content = decode_content(envelope.typ, payload)
    except BadDocument as error:
        return verdict(Reason.UNREADABLE, str(error))
    foreign = _foreign(content, place, signer)
    if foreign:
        return verdict(Reason.FOREIGN, foreign, content)
    return verdict(Reason.REVOKED if signer.is_revoked or is_revoked else None, "", content)


def read_accepted(opened: Opened, *, place: Place, received_at: datetime) -> Record:
    """Read a record that a person vouches for: the signature and the device's state no longer count, its form does."""
    if opened.envelope is None:
        return Record(opened.document, opened.hash, received_at, None, Reason.UNREADABLE, opened.detail)
    try:
        content = decode_content(opened.envelope.typ, opened.envelope.payload)
    except BadDocument as error:
        return Record(opened.document, opened.hash, received_at, None, Reason.UNREADABLE, str(error))
    if (content.org, content.store) != (place.organisation_id, place.store_id):
        return Record(opened.document, opened.hash, received_at, content, Reason.FOREIGN, "made for another store")
    return Record(opened.document, opened.hash, received_at, content)


def _foreign(content: Content, place: Place, signer: Signer) -> str:
    if content.org != place.organisation_id or content.store != place.store_id:
        return f"made for store {content.store}"
    if content.device != signer.device_id or content.pos != signer.pos_number:
        return f"made for POS {content.pos}, device {content.device}; signed by that of POS {signer.pos_number}"
    return ""


def _keep_unreadable(document: str) -> tuple[str, str]:
    """The text that is stored, and the hash of all that came.

    What no text column can hold (NUL, stray bytes) is kept as base64. Of much, the beginning is kept: whatever a device
    sends, what is stored of it fits a push to the chain, which keeps what it gets as it is.
    """
    raw = document.encode("utf-8", "surrogateescape")
    digest = sha256(raw).hexdigest()
    is_plain = document.isascii() and document.isprintable()
    kept = document if is_plain else f"data:;base64,{base64.b64encode(raw[:MAX_UNREADABLE]).decode()}"
    if len(kept) <= MAX_UNREADABLE:
        return kept, digest
    tail = f" ({len(raw)} bytes in all)"
    return kept[: MAX_UNREADABLE - len(tail)] + tail, digest
