"""The tables of a snapshot: their rows, and the SQL that makes them (docs/formats/snapshot.md). Pure."""

from typing import Annotated, Final, NamedTuple

from msgspec import Meta

FORMAT: Final = "butik-snapshot/1"


class BadSnapshot(Exception):
    """Not a snapshot that may be trusted. Says briefly what is wrong, without a word of what is in it."""


Id = Annotated[str, Meta(pattern=r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Label = Annotated[str, Meta(pattern=r"\A[NE][1-9][0-9]{0,6}\Z")]
Number = Annotated[str, Meta(min_length=1, max_length=20)]
Count = Annotated[int, Meta(ge=0)]
Text10 = Annotated[str, Meta(max_length=10)]
Text20 = Annotated[str, Meta(max_length=20)]
Text30 = Annotated[str, Meta(max_length=30)]
Text64 = Annotated[str, Meta(max_length=64)]
Text200 = Annotated[str, Meta(max_length=200)]
Document = Annotated[str, Meta(max_length=64 * 1024)]


class Article(NamedTuple):
    number: Number
    text: Text30
    name: Text200
    group_name: Text64
    unit: Text10
    price: int  # minor units
    vat_rate: Count  # hundredths of a percent
    age_limit: int | None
    linked: Text20
    blocked: bool
    version: int  # feed position at which it became what it is


class Barcode(NamedTuple):
    code: Number
    number: Number  # of its article
    quantity: int  # thousandths


class PriceFile(NamedTuple):
    """The price file that devices sell from, as it was published."""

    version: Count
    position: int
    sha256: Sha256
    manifest: Document
    content: bytes


class Assistant(NamedTuple):
    """Till staff who may sell. `pin` is the verifier as JSON, never the PIN."""

    id: Id
    number: Text10
    name: Text64
    role: Text20
    pin: Document
    pin_version: Count


class Pos(NamedTuple):
    id: Id
    number: Count
    name: Text64


class Device(NamedTuple):
    id: Id
    pos_number: Count
    name: Text64
    key: Text64  # base64url
    kid: Text30
    state: Text10
    enrolment: Document


class SeriesHead(NamedTuple):
    """Where the journal stood: how many sales of a series were booked, their sum, and the hash of the newest."""

    id: Id
    pos_number: Count
    device_id: Id
    label: Label
    latest_counter: Count
    latest_hash: Text64
    sales: Count
    total: int  # minor units


# The schema is compared with this to the letter: what is anything else is not a snapshot.
META = "CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"
TABLES: Final[dict[str, str]] = {
    "meta": META,
    "article": (
        "CREATE TABLE article (number TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL, name TEXT NOT NULL, "
        "group_name TEXT NOT NULL, unit TEXT NOT NULL, price INTEGER NOT NULL, vat_rate INTEGER NOT NULL, "
        "age_limit INTEGER, linked TEXT NOT NULL, blocked INTEGER NOT NULL, version INTEGER NOT NULL) "
        "STRICT, WITHOUT ROWID"
    ),
    "barcode": (
        "CREATE TABLE barcode (code TEXT NOT NULL PRIMARY KEY, number TEXT NOT NULL, quantity INTEGER NOT NULL) "
        "STRICT, WITHOUT ROWID"
    ),
    "price_file": (
        "CREATE TABLE price_file (version INTEGER NOT NULL PRIMARY KEY, position INTEGER NOT NULL, "
        "sha256 TEXT NOT NULL, manifest TEXT NOT NULL, content BLOB NOT NULL) STRICT"
    ),
    "assistant": (
        "CREATE TABLE assistant (id TEXT NOT NULL PRIMARY KEY, number TEXT NOT NULL, name TEXT NOT NULL, "
        "role TEXT NOT NULL, pin TEXT NOT NULL, pin_version INTEGER NOT NULL) STRICT, WITHOUT ROWID"
    ),
    "pos": (
        "CREATE TABLE pos (id TEXT NOT NULL PRIMARY KEY, number INTEGER NOT NULL, name TEXT NOT NULL) "
        "STRICT, WITHOUT ROWID"
    ),
    "device": (
        "CREATE TABLE device (id TEXT NOT NULL PRIMARY KEY, pos_number INTEGER NOT NULL, name TEXT NOT NULL, "
        "key TEXT NOT NULL, kid TEXT NOT NULL, state TEXT NOT NULL, enrolment TEXT NOT NULL) STRICT, WITHOUT ROWID"
    ),
    "series": (
        "CREATE TABLE series (id TEXT NOT NULL PRIMARY KEY, pos_number INTEGER NOT NULL, device_id TEXT NOT NULL, "
        "label TEXT NOT NULL, latest_counter INTEGER NOT NULL, latest_hash TEXT NOT NULL, sales INTEGER NOT NULL, "
        "total INTEGER NOT NULL) STRICT, WITHOUT ROWID"
    ),
}
META_NAMES: Final = frozenset({"format", "org", "chain", "store", "made_at", "position", "app", "tree"})
