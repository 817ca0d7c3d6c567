"""Write sale.json: 200 sales with their payments, priced by the rules of docs/formats/journal.md alone.

Exact fractions, slow and plain, so that it shares no mistake with the two engines: python -m tests.vectors.make_sales
"""

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

COUNT = 200
RATES = [[2500], [2500, 0], [2500, 1200, 600, 0], [1900, 700], [825, 2500]]
COINS = [50, 50, 50, 0, 100, 5]


def half_away(value: Fraction) -> int:
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def vat_of(lines: list[dict[str, int]], amounts: list[int]) -> tuple[list[dict[str, int]], list[int]]:
    """VAT once for each rate, then spread: everybody gets the floor, the largest remainders one more."""
    sums, of_line = [], [0] * len(lines)
    for rate in sorted({line["vat_rate"] for line in lines}, reverse=True):
        places = [place for place, line in enumerate(lines) if line["vat_rate"] == rate]
        share = Fraction(rate, 10_000 + rate)
        exact = {place: amounts[place] * share for place in places}
        vat = half_away(sum((amounts[place] for place in places), 0) * share)
        for place in places:
            of_line[place] = exact[place].__floor__()
        left = vat - sum(of_line[place] for place in places)
        by_remainder = sorted(places, key=lambda place: (exact[place].__floor__() - exact[place], place))
        for place in by_remainder[:left]:
            of_line[place] += 1
        sums.append({"rate": rate, "gross": sum(amounts[place] for place in places), "vat": vat})
    return sums, of_line


def pay(total: int, coin: int, wanted: list[dict[str, Any]]) -> list[dict[str, int | str]]:
    """Cards pay what they are asked for; cash pays the rest, rounded to the coin, or what was handed over if less."""
    left, done = total, []
    for each in wanted:
        if each["tender"] == "CARD":
            amount = tendered = each["amount"]
        else:
            due = half_away(Fraction(left, coin)) * coin if coin else left
            tendered = each["tendered"]
            amount = min(tendered, due)
        done.append({"tender": each["tender"], "amount": amount, "tendered": tendered, "change": tendered - amount})
        left -= amount
    return done


def choose_payments(chance: random.Random, total: int, coin: int) -> list[dict[str, Any]]:
    note = chance.choice([5_000, 10_000, 20_000, 50_000])
    enough = (total // note + 1) * note
    kind = chance.choice(["cash", "cash", "card", "split", "cash and card"])
    if kind == "card" and total:
        return [{"tender": "CARD", "amount": total}]
    if kind == "split" and total > 1:
        part = chance.randint(1, total - 1)
        return [{"tender": "CARD", "amount": part}, {"tender": "CASH", "tendered": enough}]
    if kind == "cash and card" and total > 2 * max(coin, 1):
        part = max(coin, 1) * chance.randint(1, total // (2 * max(coin, 1)))
        return [{"tender": "CASH", "tendered": part}, {"tender": "CARD", "amount": total - part}]
    return [{"tender": "CASH", "tendered": enough}]


def case(chance: random.Random, place: int) -> dict[str, Any]:
    rates, coin = chance.choice(RATES), chance.choice(COINS)
    lines = [
        {
            "unit_price": chance.choice(
                [chance.randint(0, 200), chance.randint(100, 9_999), chance.randint(1, 500_000)]
            ),
            "quantity": chance.choice([1000, 1000, 1000, 2000, 6000, 24_000, chance.randint(1, 5_000)]),
            "vat_rate": chance.choice(rates),
        }
        for _ in range(chance.choice([1, 2, 3, 5, 10, 30]))
    ]
    amounts = [half_away(Fraction(line["unit_price"] * line["quantity"], 1000)) for line in lines]
    total = sum(amounts)
    wanted = choose_payments(chance, total, coin)
    sums, of_line = vat_of(lines, amounts)
    payments = pay(total, coin, wanted)
    tenders = " and ".join(str(each["tender"]).lower() for each in wanted)
    return {
        "name": f"{place}: {len(lines)} lines at {len(sums)} rates, {tenders}, coin {coin}",
        "input": {"lines": lines, "payments": wanted, "cash_rounding": coin},
        "expected": {
            "amounts": amounts,
            "line_vat": of_line,
            "vat": sums,
            "total": total,
            "payments": payments,
            "rounding": sum(int(each["amount"]) for each in payments) - total,
        },
    }


def written() -> str:
    chance = random.Random(20261121)
    cases = ",\n".join(json.dumps(case(chance, place + 1)) for place in range(COUNT))
    return f'{{"cases":[\n{cases}\n]}}\n'


def main() -> None:
    Path(__file__).with_name("sale.json").write_text(written())


if __name__ == "__main__":
    main()
