"""What store and chain send each other (docs/formats/sync.md), and how bodies are packed."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
import zstandard
from msgspec import Meta, Raw, Struct

from butik.lib import bounds
from butik.lib.problems import Problem
from butik.sales.wire import Acceptance

BASE = "/api/sync/v1"
PACK_FROM = 1000  # bytes
PACKED_LIMIT = bounds.MAX_PUSH_PACKED
UNPACKED_LIMIT = bounds.MAX_PUSH_UNPACKED
ITEMS_LIMIT = bounds.MAX_ITEMS
PAGE_LIMIT = 2000

Short = Annotated[str, Meta(max_length=10)]
Number = Annotated[int, Meta(ge=0, le=2**62)]
PosNumber = Annotated[int, Meta(ge=1, le=bounds.MAX_INTEGER)]


class Enrol(Struct, frozen=True):
    code: Annotated[str, Meta(max_length=40)]
    key: Annotated[str, Meta(max_length=60)]
    app: Annotated[str, Meta(max_length=20)] = ""


class PosBody(Struct, frozen=True):
    """A point of sale; also the body of an outbox item of kind `pos`."""

    id: UUID
    number: PosNumber
    name: Annotated[str, Meta(max_length=32)]
    series: Annotated[int, Meta(ge=0, le=bounds.MAX_INTEGER)] = 0  # down: the highest N series that the chain knows of


class StoreBody(Struct, frozen=True):
    """Feed kind `store`: the store and all above it; each with its `id` and the columns that are told."""

    organisation: dict[str, Any]
    company: dict[str, Any]
    chain: dict[str, Any]
    store: dict[str, Any]
    poss: list[PosBody]


class Enrolled(Struct, frozen=True):
    tree: StoreBody
    root: dict[str, str]
    certificate: str
    server_time: float


class Renewed(Struct, frozen=True):
    certificate: str


Moment = Annotated[datetime, Meta(tz=True)]
App = Annotated[str, Meta(max_length=bounds.MAX_APP)]


class StatusDevice(Struct, frozen=True):
    pos: Number
    seen_at: Moment | None = None
    app: App = ""


class StatusBackup(Struct, frozen=True):
    id: UUID
    state: Short
    made_at: Moment


class Status(Struct, frozen=True):
    """What a store says of itself. Pages show it, so nothing else is kept of it."""

    at: Moment | None = None
    version: App = ""
    devices: Annotated[list[StatusDevice], Meta(max_length=500)] = []
    price_file: Number | None = None
    unsent: Number | None = None
    newest_backup: StatusBackup | None = None


class PushItem(Struct, frozen=True, gc=False):
    seq: Annotated[int, Meta(ge=1, le=2**62)]
    uid: UUID
    kind: Short
    body: Raw


class Push(Struct, frozen=True):
    outbox: UUID
    items: Annotated[list[PushItem], Meta(max_length=ITEMS_LIMIT)]
    follows: UUID | None = None
    # a Status or null, read by itself so that it stops nothing else
    status: Raw = msgspec.field(default_factory=lambda: Raw(b"null"))


class Pushed(Struct, frozen=True):
    epoch: UUID
    outbox: UUID
    acked: Number
    uid: UUID | None
    head: Number
    server_time: float


class FeedItem(Struct, frozen=True, gc=False):
    position: Number
    kind: Short
    key: Annotated[str, Meta(max_length=40)]
    body: Raw


class FeedPage(Struct, frozen=True):
    epoch: UUID
    after: Number
    position: Number
    head: Number
    mark: UUID | None
    entries: list[FeedItem]


class RecordBody(Struct, frozen=True):
    """Body of an item of kind `record`."""

    received_at: Annotated[datetime, Meta(tz=True)]
    document: str
    revoked: bool = False
    accepted: Acceptance | None = None


class SkippedBody(Struct, frozen=True):
    """Body of an item of kind `skipped`: it stands in the place of one that its store cannot read any more."""

    kind: Annotated[str, Meta(max_length=20)] = ""
    ref: UUID | None = None
    reason: Annotated[str, Meta(max_length=300)] = ""


def pack(body: bytes) -> tuple[bytes, dict[str, str]]:
    """Compress what is worth it; level 1 is as small as 3 here, and twice as fast."""
    if len(body) < PACK_FROM:
        return body, {}
    return zstandard.ZstdCompressor(level=1).compress(body), {"Content-Encoding": "zstd"}


def unpack(body: bytes, encoding: str) -> bytes:
    """Undo `pack`; a body that would unfold beyond the limit is refused before it does."""
    if encoding in {"", "identity"}:
        return body
    if encoding != "zstd":
        raise Problem("bad-request", 422, "The body is packed in a way that is not known here.", encoding[:40])
    try:
        size = zstandard.get_frame_parameters(body).content_size
        if size > UNPACKED_LIMIT:  # also when the size is not told
            raise Problem("too-large", 413, "The body is too large.", limit=UNPACKED_LIMIT)
        return zstandard.ZstdDecompressor().decompress(body)
    except zstandard.ZstdError as error:
        raise Problem("bad-request", 422, "The body is not zstd.", str(error)[:200]) from error


decode_enrol = msgspec.json.Decoder(Enrol)
decode_status: "msgspec.json.Decoder[Status | None]" = msgspec.json.Decoder(Status | None)
decode_push = msgspec.json.Decoder(Push)
decode_enrolled = msgspec.json.Decoder(Enrolled)
decode_renewed = msgspec.json.Decoder(Renewed)
decode_pushed = msgspec.json.Decoder(Pushed)
decode_page = msgspec.json.Decoder(FeedPage)
decode_record = msgspec.json.Decoder(RecordBody)
