"""What passes through the wall of the jail: the order that goes in, and what comes out. Shapes only.

What comes out was made by a process that has read an enemy's file: it is taken in by these types, and by nothing else.
"""

from datetime import datetime
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from butik.snapshot.format import Assistant, Count, Device, Id, Number, Pos, PriceFile, SeriesHead, Text10, Text30

ANSWER = "answer"  # names of files in the jail's folder
SEALED = "sealed"
PLAIN = "plain"
DISK_FULL = "the disk is full"

Fence = Literal["limits", "network", "files", "user"]
FENCES: tuple[Fence, ...] = ("limits", "network", "files", "user")
Name = Annotated[str, Meta(max_length=200)]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the file must be, by the manifest that its store signed, and the secret to open it."""

    identity: str
    org: str
    chain: str
    store: str
    made_at: datetime
    plain_size: int
    articles: int
    price_file: str
    since: int = -1  # of article versions only those behind this position of the feed: the others are here


class Version(NamedTuple):
    """An article as it was at a version: what a sale is priced again by."""

    number: Number
    version: int
    text: Text30
    unit: Text10
    price: int
    vat_rate: Count
    blocked: bool


class Priced(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An article as devices would sell it: from the price file, not from the rows."""

    number: Number
    price: int
    vat_rate: Count
    is_sold: bool


class TreeCompany(msgspec.Struct, frozen=True):
    id: Id
    name: Name
    vat_number: Annotated[str, Meta(max_length=20)]


class TreeStore(msgspec.Struct, frozen=True):
    number: Annotated[int, Meta(ge=0, lt=900_000_000)]
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    address: Name
    timezone: Annotated[str, Meta(max_length=40)]
    language: Annotated[str, Meta(max_length=5)]


class Tree(msgspec.Struct, frozen=True):
    """Of the tree (feed kind `store`) only what a store may say about itself."""

    company: TreeCompany
    store: TreeStore


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot that held: what was counted in it, and what an emergency needs of it."""

    articles: Count
    position: Count  # of the feed
    look_ups: int
    baskets: int
    prices: PriceFile
    tree: Tree
    staff: Annotated[list[Assistant], Meta(max_length=10_000)]
    poss: Annotated[list[Pos], Meta(max_length=10_000)]
    devices: Annotated[list[Device], Meta(max_length=10_000)]
    series: Annotated[list[SeriesHead], Meta(max_length=100_000)]
    versions: list[Version]
    shelf: list[Priced]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One of three: `evidence`; a `refusal` (the file is at fault); `trouble` (this machine is, try again)."""

    fences: list[Fence] = []
    evidence: Evidence | None = None
    refusal: Annotated[str, Meta(max_length=300)] = ""
    trouble: Annotated[str, Meta(max_length=300)] = ""
