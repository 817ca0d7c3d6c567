"""What changed from one backup of a store to the next, and which changes no ordinary night brings. Pure.

Meaning is judged, not bytes: a statistic of sizes would pass one new PIN verifier, and complain of every campaign. A
backup with one suspect difference waits in quarantine for a person (docs/decisions/0016-what-an-attack-vouches-for.md).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from butik.vault.evidence import Evidence, Priced

# So few may be what a person does in a day: a corrected price, an article that got its right VAT rate.
FEW = 5
# A price that was set to nothing, or is ten times as high, is a slip when it is one in a hundred; more is an attack or
# an import gone wrong, and from either nobody should sell. Eight: tenfold after a discount of 20 % is still found.
TENFOLD = 8
PRICES = 1  # percent of the articles
VAT = 2  # percent: an authority changes a rate for whole groups of goods, with months of notice
GONE = 30  # percent: a seasonal catalogue changes a fifth; half a shop that is gone sells half as much
STAFF_GONE = 50  # percent; of fewer than four nothing follows
STAFF_FEW = 4
NEW_DEVICES = 3  # in one night; a replaced tablet is one, and shows itself here before its first backup does
SHOWN = 5  # examples of each
WIDER = {"SALESPERSON": 0, "OPERATOR": 1}  # an operator answers for a drawer; what is not named here is wider still

Rule = Literal[
    "EMERGENCY", "PIN", "NUMBER", "RIGHTS", "STAFF_GONE", "STAFF_NEW", "DEVICE_KEY", "DEVICES_NEW", "COMPANY",
    "COUNTER", "SERIES_GONE", "ZERO", "TENFOLD", "PRICES", "GONE", "ARTICLES_NEW", "VAT",
]  # fmt: skip


class Difference(msgspec.Struct, frozen=True, array_like=True):
    """`count` of `total` things; `examples` are their numbers, never a name or a verifier."""

    rule: Rule
    is_suspect: bool
    count: int
    total: int
    examples: list[str]


class DeviceHead(msgspec.Struct, frozen=True, array_like=True):
    id: str
    kid: str
    pos_number: int
    state: str


class Head(msgspec.Struct, frozen=True, array_like=True):
    """Where a series stood."""

    id: str
    pos_number: int
    label: str
    counter: int
    sales: int


class Contents(msgspec.Struct, frozen=True):
    """What is kept of a backup to compare the next one with; its staff and its shelf are kept elsewhere."""

    vat_number: str
    price_version: int
    devices: list[DeviceHead]
    series: list[Head]
    key_version: int = 1


class Side(NamedTuple):
    """One of the two backups."""

    contents: Contents
    staff: Sequence[Mapping[str, Any]]
    shelf: Sequence[Priced]


def contents_of(evidence: Evidence, key_version: int) -> Contents:
    return Contents(
        vat_number=evidence.tree.company.vat_number,
        price_version=evidence.prices.version,
        devices=[DeviceHead(each.id, each.kid, each.pos_number, each.state) for each in evidence.devices],
        series=[
            Head(each.id, each.pos_number, each.label, each.latest_counter, each.sales) for each in evidence.series
        ],
        key_version=key_version,
    )


def compare(before: Side, after: Side, known_kids: Iterable[str] = ()) -> list[Difference]:
    """Every difference that is worth a line, the suspect ones first. `known_kids`: devices that have shown themselves
    here."""
    found = [
        *_staff(before.staff, after.staff),
        *_devices(before.contents.devices, after.contents.devices, set(known_kids)),
        *_books(before.contents, after.contents),
        *_goods(before.shelf, after.shelf),
    ]
    return sorted(found, key=lambda each: not each.is_suspect)


def is_poisoned(differences: Iterable[Difference]) -> bool:
    return any(each.is_suspect for each in differences)


def _say(rule: Rule, found: Sequence[str], total: int, is_suspect: Callable[[int, int], bool]) -> list[Difference]:
    if not found:
        return []
    return [Difference(rule, is_suspect(len(found), total), len(found), total, list(found[:SHOWN]))]


def _any(count: int, total: int) -> bool:
    return True


def _never(count: int, total: int) -> bool:
    return False


def _more_than(percent: int, few: int = FEW) -> Callable[[int, int], bool]:
    return lambda count, total: count >= few and count * 100 >= total * percent


# --- people ---


def _staff(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[Difference]:
    old, new = ({each["id"]: each for each in side} for side in (before, after))
    both = [(old[pk], new[pk]) for pk in old if pk in new]
    numbers = {each["number"]: each["id"] for each in before}
    pins = [now["number"] for was, now in both if _has_another_pin(was, now)]
    taken = [each["number"] for each in after if numbers.get(each["number"], each["id"]) != each["id"]]
    wider = [now["number"] for was, now in both if _width(now) > _width(was)]
    gone = [each["number"] for pk, each in old.items() if pk not in new]
    fresh = [each["number"] for pk, each in new.items() if pk not in old]
    return [
        *_say("PIN", pins, len(after), _any),
        *_say("NUMBER", taken, len(after), _any),
        *_say("RIGHTS", [*wider, *_odd_roles(fresh, new.values())], len(after), _any),
        *_say("STAFF_GONE", gone, len(before), _more_than(STAFF_GONE, STAFF_FEW)),
        *_say("STAFF_NEW", fresh, len(after), _never),
    ]


def _has_another_pin(was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """A new PIN counts its version up; one that changes without, or goes back, was put there by somebody else."""
    if now["pin_version"] < was["pin_version"]:
        return True
    return bool(now["pin_version"] == was["pin_version"] and now["pin"] != was["pin"])


def _width(assistant: Mapping[str, Any]) -> int:
    return WIDER.get(assistant["role"], len(WIDER))


def _odd_roles(fresh: Sequence[str], staff: Iterable[Mapping[str, Any]]) -> list[str]:
    """Newcomers with a role that no till knows."""
    return [each["number"] for each in staff if each["number"] in fresh and each["role"] not in WIDER]


# --- devices and books ---


def _devices(before: Sequence[DeviceHead], after: Sequence[DeviceHead], known: set[str]) -> list[Difference]:
    old = {each.id: each for each in before}
    seen = known | {each.kid for each in before}
    changed = [each for each in after if each.id in old and _place(each) != _place(old[each.id])]
    fresh = [each for each in after if each.kid not in seen and each.id not in old and each.state == "ACTIVE"]
    return [
        *_say("DEVICE_KEY", _pos_of(changed), len(after), _any),
        *_say("DEVICES_NEW", _pos_of(fresh), len(after), lambda count, total: count > NEW_DEVICES),
    ]


def _place(device: DeviceHead) -> tuple[str, int]:
    return device.kid, device.pos_number


def _pos_of(devices: Iterable[DeviceHead]) -> list[str]:
    return [str(each.pos_number) for each in devices]


def _books(before: Contents, after: Contents) -> list[Difference]:
    """What only grows, and who is paid."""
    new = {each.id: each for each in after.series}
    fell = [_named(each) for each in before.series if each.id in new and _is_behind(new[each.id], each)]
    gone = [_named(each) for each in before.series if each.id not in new]
    is_rebuilt = after.key_version > before.key_version  # a rebuilt controller has no old series
    company = [after.vat_number] if after.vat_number != before.vat_number else []
    return [
        *_say("COMPANY", company, 1, _any),
        *_say("COUNTER", fell, len(before.series), _any),
        *_say("SERIES_GONE", gone, len(before.series), _never if is_rebuilt else _any),
    ]


def _is_behind(now: Head, was: Head) -> bool:
    return (
        now.counter < was.counter or now.sales < was.sales or (now.pos_number, now.label) != (was.pos_number, was.label)
    )


def _named(series: Head) -> str:
    return f"{series.pos_number}-{series.label}"


# --- goods ---


def _goods(before: Sequence[Priced], after: Sequence[Priced]) -> list[Difference]:
    if before == after:
        return []
    old, new = ({each.number: each for each in side} for side in (before, after))
    both = len(old.keys() & new.keys())
    changed = [(was, new[number]) for number, was in old.items() if number in new and was != new[number]]
    zero = [now.number for was, now in changed if was.price > 0 >= now.price]
    tenfold = [now.number for was, now in changed if _is_tenfold(was.price, now.price)]
    prices = [now.number for was, now in changed if was.price != now.price]
    vat = [now.number for was, now in changed if was.vat_rate != now.vat_rate]
    gone = [number for number, was in old.items() if was.is_sold and not (number in new and new[number].is_sold)]
    return [
        *_say("ZERO", zero, both, _more_than(PRICES)),
        *_say("TENFOLD", tenfold, both, _more_than(PRICES)),
        *_say("VAT", vat, both, _more_than(VAT)),
        *_say("GONE", gone, len(old), _more_than(GONE)),
        *_say("PRICES", prices, both, _never),
        *_say("ARTICLES_NEW", [number for number in new if number not in old], len(new), _never),
    ]


def _is_tenfold(was: int, now: int) -> bool:
    return was > 0 and now > 0 and (now >= was * TENFOLD or was >= now * TENFOLD)
