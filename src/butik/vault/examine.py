"""What is done with a backup in the jail: decrypt, unpack, check, and sell from it. No database, no settings."""

from datetime import datetime
from pathlib import Path
from random import Random

import msgspec

from butik.pricing.price_list import PriceList
from butik.snapshot.format import BadSnapshot, PriceFile
from butik.snapshot.read import Snapshot, open_snapshot
from butik.snapshot.seal import unseal
from butik.vault.evidence import Evidence, Order, Priced, Tree, Version
from butik.vault.shopping import look_up, sell_baskets


def examine(order: Order, sealed: Path, plain: Path, chance: Random | None = None) -> Evidence:
    """Return what an emergency needs of the file, or raise BadSnapshot with the reason. `plain` is made."""
    unseal(sealed, plain, order.identity, limit=order.plain_size)
    with open_snapshot(plain, limit=order.plain_size) as snapshot:
        _compare_with_manifest(order, snapshot.meta)
        articles = snapshot.article_count()
        if articles != order.articles:
            raise BadSnapshot("has another number of articles than its manifest says")
        file = snapshot.price_file()
        if file is None or file.sha256 != order.price_file:
            raise BadSnapshot("has no price file" if file is None else "has another price file than its manifest says")
        look_ups, baskets, shelf = _sell(file, snapshot, articles, chance or Random())  # noqa: S311 - a sample
        position = int(snapshot.meta["position"])
        since = order.since if order.since <= position else -1  # a feed that went back begins anew
        return Evidence(
            articles=articles,
            position=position,
            look_ups=look_ups,
            baskets=baskets,
            prices=file,
            tree=_read_tree(snapshot),
            staff=list(snapshot.assistants()),
            poss=list(snapshot.poss()),
            devices=list(snapshot.devices()),
            series=list(snapshot.series()),
            versions=[
                Version(each.number, each.version, each.text, each.unit, each.price, each.vat_rate, each.blocked)
                for each in snapshot.articles(since=since)
            ],
            shelf=shelf,
        )


def _compare_with_manifest(order: Order, meta: dict[str, str]) -> None:
    if meta["org"] != order.org or meta["chain"] != order.chain:
        raise BadSnapshot("is of another chain")
    if meta["store"] != order.store:
        raise BadSnapshot("is of another store")
    if datetime.fromisoformat(meta["made_at"]) != order.made_at:
        raise BadSnapshot("was made at another time than its manifest says: an old file under a new name")


def _sell(file: PriceFile, snapshot: Snapshot, articles: int, chance: Random) -> tuple[int, int, list[Priced]]:
    is_current = file.position == int(snapshot.meta["position"])
    try:
        prices = PriceList(file.content)
        if is_current and len(prices) != articles:
            raise BadSnapshot("the price file has not the articles of the rows")
        found = look_up(prices, snapshot, is_current=is_current, chance=chance)
        shelf = [Priced(*each) for each in prices.shelf()]
        return len(found), sell_baskets(prices, found, chance), shelf
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, ZeroDivisionError) as error:
        raise BadSnapshot(f"devices could not read its price file: {type(error).__name__}") from error


def _read_tree(snapshot: Snapshot) -> Tree:
    try:
        return msgspec.convert(snapshot.tree, Tree)
    except msgspec.ValidationError as error:
        raise BadSnapshot(f"its tree does not fit: {error}"[:200]) from error
