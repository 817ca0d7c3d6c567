"""Sales as the simulated device writes them."""

from hypothesis import given
from hypothesis import strategies as st

from butik.lib.ids import new_id
from butik.pricing.price_list import PricedArticle
from butik.simulator.sale_documents import BasketItem, pay_card, pay_cash, sale_lines


def article(number: str, price: int, vat_rate: int = 2500, unit: str = "PCS") -> PricedArticle:
    return PricedArticle(
        number=number,
        text=f"VARE {number}",
        price=price,
        version=7,
        vat_rate=vat_rate,
        unit=unit,
        group="Prøve",
        barcode=f"57{number}",
        linked=None,
        age_limit=None,
        is_blocked=False,
    )


def test_a_deposit_is_a_line_of_its_own_that_follows_its_article() -> None:
    lines, _ = sale_lines([BasketItem(article("1", 1000)), BasketItem(article("2", 1250), 3000, article("9", 100))])
    assert [(line.n, line.number, line.quantity, line.amount, line.linked_to) for line in lines] == [
        (1, "1", 1000, 1000, None),
        (2, "2", 3000, 3750, None),
        (3, "9", 3000, 300, 2),
    ]


def test_goods_by_weight_cost_what_they_weigh() -> None:
    lines, vat = sale_lines([BasketItem(article("1", 2195, unit="KG"), 333)])
    assert lines[0].amount == 731  # 730.935
    assert (vat[0].rate, vat[0].gross, vat[0].vat) == (2500, 731, 146)


@given(
    st.lists(
        st.tuples(st.integers(1, 500_000), st.integers(1, 20_000), st.sampled_from([0, 1200, 2500])),
        min_size=1,
        max_size=30,
    )
)
def test_the_vat_of_the_lines_adds_up_to_that_of_the_receipt(goods: list[tuple[int, int, int]]) -> None:
    lines, vat = sale_lines([BasketItem(article("1", price, rate), quantity) for price, quantity, rate in goods])
    for each in vat:
        mine = [line for line in lines if line.vat_rate == each.rate]
        assert sum(line.amount for line in mine) == each.gross
        assert sum(line.vat for line in mine) == each.vat
    assert [each.rate for each in vat] == sorted({rate for *_, rate in goods}, reverse=True)


@given(st.integers(1, 2_000_000), st.sampled_from([0, 50, 100]))
def test_cash_is_rounded_to_the_coin_and_change_adds_up(total: int, coin: int) -> None:
    payment = pay_cash(new_id(), total, coin)
    assert payment.tendered - payment.change == payment.amount
    assert payment.change >= 0
    assert abs(payment.amount - total) * 2 <= coin
    assert coin == 0 or payment.amount % coin == 0


def test_a_card_pays_to_the_last_minor_unit() -> None:
    payment = pay_card(new_id(), 12345, "000000000001")
    assert (payment.amount, payment.tendered, payment.change) == (12345, 12345, 0)
