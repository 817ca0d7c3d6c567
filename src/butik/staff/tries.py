"""How often somebody may be wrong: when signing in, with a code, or when asked for the password again.

Counted in the database, so neither a restart, nor another process, nor other people's traffic forgets it. Each counter
is one moment, `busy_until`: every try moves it on by `each`, and more than `tries` of them ahead of the clock are
refused. A try is counted before it is judged and given back when it was right, so many at once gain nothing.

A stranger's tries count for the account from where he is, for where he is, and for the account from anywhere. A device
from which a person has signed in before has a counter of its own: nobody else can close her door.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.crypto import salted_hmac

from butik.staff.addresses import normal_address
from butik.staff.models import TryCount

FORGOTTEN = timedelta(hours=1)  # a counter that has been idle says nothing any more


@dataclass(frozen=True, slots=True)
class Rule:
    tries: int  # at once
    each: timedelta  # and then one more after every


KNOWN_DEVICE = Rule(10, timedelta(minutes=1))
ACCOUNT_FROM_HERE = Rule(5, timedelta(minutes=3))
ACCOUNT_FROM_ANYWHERE = Rule(20, timedelta(minutes=3))
FROM_HERE = Rule(20, timedelta(seconds=30))
MAILS_TO_ACCOUNT = Rule(3, timedelta(minutes=20))
MAILS_FROM_HERE = Rule(10, timedelta(minutes=3))
ONCE = Rule(1, timedelta(minutes=2))


class TooManyTries(Exception):
    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait


Counters = dict[str, Rule]


def counters(*, purpose: str, account: str, block: str, device: str | None) -> Counters:
    """Which counters a try moves. `device`: one from which the account's person has signed in before."""
    name = normal_address(account)
    if device:
        return {_key(purpose, "device", name, device): KNOWN_DEVICE}
    return {
        _key(purpose, "here", name, block): ACCOUNT_FROM_HERE,
        _key(purpose, "anywhere", name): ACCOUNT_FROM_ANYWHERE,
        _key(purpose, "from", block): FROM_HERE,
    }


def reset_counters(account: str, block: str) -> Counters:
    """Asking for a mail is never wrong and never given back: what is counted are the mails."""
    name = normal_address(account)
    return {_key("reset", "mails", name): MAILS_TO_ACCOUNT, _key("reset", "from", block): MAILS_FROM_HERE}


def once(*parts: str) -> Counters:
    """Something that may be used a single time while it is good."""
    return single_counter(ONCE, "once", *parts)


def single_counter(rule: Rule, *parts: str) -> Counters:
    return {_key(*parts): rule}


def take_try(asked: Counters, now: datetime) -> None:
    """Count a try, or refuse it (TooManyTries); a refused one counts nowhere and writes nothing."""
    _advanced(asked, _read(asked, TryCount.objects.all()), now)
    with transaction.atomic():
        TryCount.objects.bulk_create([TryCount(key=key, busy_until=now) for key in asked], ignore_conflicts=True)
        locked = _read(asked, TryCount.objects.select_for_update())
        for key, busy_until in _advanced(asked, locked, now).items():
            TryCount(key=key, busy_until=busy_until).save()
    _forget(now)


def give_back(asked: Counters) -> None:
    """The try was right."""
    with transaction.atomic():
        for row in TryCount.objects.select_for_update().filter(pk__in=asked).order_by("pk"):
            row.busy_until -= asked[row.pk].each
            row.save(update_fields=["busy_until"])


def advance(busy_until: datetime, rule: Rule, now: datetime) -> datetime:
    """Where a counter stands after one more try. Pure."""
    after = max(busy_until, now) + rule.each
    wait = after - now - rule.each * rule.tries
    if wait > timedelta():
        raise TooManyTries(wait)
    return after


def _advanced(asked: Counters, stood: dict[str, datetime], now: datetime) -> dict[str, datetime]:
    return {key: advance(stood.get(key, now), rule, now) for key, rule in asked.items()}


def _read(asked: Iterable[str], rows: "models.QuerySet[TryCount]") -> dict[str, datetime]:
    return {row.pk: row.busy_until for row in rows.filter(pk__in=list(asked)).order_by("pk")}


def _forget(now: datetime) -> None:
    """A few at a time, and none that somebody is just counting with."""
    with transaction.atomic():
        idle = TryCount.objects.filter(busy_until__lt=now - FORGOTTEN).select_for_update(skip_locked=True)
        found = list(idle.values_list("pk", flat=True)[:100])
        if found:
            TryCount.objects.filter(pk__in=found).delete()


def _key(*parts: str) -> str:
    """No address stands in the table, whose ever it is: strangers type what they like."""
    return salted_hmac("butik.staff.tries", "\n".join(parts), algorithm="sha256").hexdigest()
