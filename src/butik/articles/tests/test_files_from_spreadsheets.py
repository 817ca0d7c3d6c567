"""Files as shops' spreadsheets and systems leave them: read in the one way there is; asked about if there are two."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.real_input import field_case

from butik.articles.actions import answer_import
from butik.articles.import_codes import read_codes, read_number
from butik.articles.import_dates import DateReader, readings
from butik.articles.import_encoding import SAMPLE
from butik.articles.models import Article, ArticleImport, Barcode
from butik.articles.tests.imports import (
    HEADER,
    counts,
    import_bytes,
    import_lines,
    import_text,
    prices,
    refusals,
    remarks,
    run_waiting,
)
from butik.articles.words import FileQuestion, Refusal, Said
from butik.lib.clock import now
from butik.organisation.models import Chain

State = ArticleImport.State
DANISH = "Varenr;EAN;Varetekst;Pris;Moms"


def codes() -> set[str]:
    return set(Barcode.objects.values_list("code", flat=True))


def texts() -> dict[str, str]:
    return dict(Article.objects.values_list("number", "receipt_text"))


def answer(run: ArticleImport, value: str) -> ArticleImport:
    assert answer_import(run=run, value=value, actor="system", now=now())
    run_waiting(run)
    return run


# --- where there are two ways, it is asked --------------------------------------------------------------------------


def test_two_columns_of_one_name_are_asked_about(chain: Chain) -> None:
    run = import_text(chain, f"{DANISH};Pris\n8081;;Leverpostej;11,20;25;18,95\n")
    assert (run.state, prices(chain)) == (State.ASKED, {})
    assert run.question == {
        "option": "columns.price",
        "choices": [{"value": "#4", "label": "#4 Pris (11,20)"}, {"value": "#6", "label": "#6 Pris (18,95)"}],
    }
    assert "#6 Pris (18,95)" in run.told
    assert not answer_import(run=run, value="#5", actor="system", now=now())
    run = answer(run, "#6")
    assert (run.state, run.added, run.is_dry_run) == (State.TRIED, 1, True)
    assert not answer_import(run=run, value="#4", actor="system", now=now())


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Varenr;Varetekst;Pris;Moms;Salgspris", "price"), ("Varenr;SKU;Varetekst;Pris;Moms", "number"),
        ("EAN;Varetekst;Pris;Moms;GTIN", "barcode"), ("Varenr;Varetekst;Tekst;Pris;Moms", "text"),
        ("Varenr;Varetekst;Pris;Moms;Moms", "vat"), ("Varenr;Varetekst;PRIS;Moms;pris ", "price"),
        ("Varenr;Varetekst;Pris;Moms;Enhed;Salgsenhed", "unit"),
    ],
)  # fmt: skip
def test_every_field_with_two_columns_is_asked_about(chain: Chain, header: str, field: str) -> None:
    run = import_text(chain, f"{header}\n{';'.join('1' for _ in header.split(';'))}\n")
    assert (run.state, run.question["option"]) == (State.ASKED, f"columns.{field}")


def test_what_a_person_has_named_is_not_asked_about(chain: Chain) -> None:
    run = import_text(chain, f"{DANISH};Pris\n8081;;Leverpostej;11,20;25;18,95\n", columns={"price": "#4"})
    assert (run.state, prices(chain)) == (State.APPLIED, {"8081": 1120})


def test_a_decimal_mark_that_nothing_tells_is_asked_about(chain: Chain) -> None:
    run = import_lines(chain, "1;;Guldring;1.250;25", "2;;Ur;12;25")
    assert (run.state, run.question["option"]) == (State.ASKED, "decimal")
    # without signs of its own for thousands: those are what is asked about
    assert [each["label"] for each in run.question["choices"]] == ["1.250 = 1250.00", "1.250 = 1.25"]
    assert answer(run, ",").state == State.TRIED
    told = import_lines(chain, "1;;Guldring;1.250;25", "2;;Ur;12,50;25")
    assert (told.state, prices(chain)) == (State.APPLIED, {"1": 125_000, "2": 1250})


CHANGES = "Handling;Dato;Varenr;Varetekst;Pris;Moms"


def change(chain: Chain, *dates: str) -> ArticleImport:
    """One article's price changes, on those dates: 1.00, 2.00, …"""
    lines = [f"chg;{date};8101;Franskbrød;{place},00;25" for place, date in enumerate(dates, 1)]
    return import_text(chain, "\n".join((CHANGES, *lines)), changes=True)


@pytest.mark.parametrize(
    "dates",
    [
        ("30-11-2026", "01-12-2026"), ("30.11.2026", "1.12.2026"), ("30/11/26", "01/12/26"),
        ("11/30/2026", "12/01/2026"), ("26-11-30", "26-12-01"),
        ("2026-11-30", "2026-12-01"), ("20261130", "20261201"), ("2026-11-30T22:00:00Z", "2026-11-30T23:00:00Z"),
        ("30. nov 2026", "1. dec. 2026"), ("30 November 2026", "1 December 2026"), ("46356", "46357"),
        ("30-11-2026 08:00", "30-11-2026 14.30"), ("05.03.2026", "04.04.2026"), ("31. maj 2026", "1. okt 2026"),
        ('="30-11-2026"', '="01-12-2026"'),
    ],
)  # fmt: skip
def test_dates_of_any_form_stand_in_their_order(chain: Chain, dates: tuple[str, str]) -> None:
    assert (counts(change(chain, *dates))[4], prices(chain)) == (0, {"8101": 200})
    back = change(chain, *reversed(dates))
    assert "older" in refusals(back)[3]


def test_a_date_that_could_be_two_is_asked_about_only_where_it_matters(chain: Chain) -> None:
    assert change(chain, "05-12-2026", "05-12-2026").state == State.APPLIED
    assert change(chain, "04-11-2026", "05-12-2026").state == State.APPLIED  # older in either order
    run = change(chain, "03-02-2026", "02-03-2026")
    assert (run.state, run.question["option"]) == (State.ASKED, "dates")
    assert [each["value"] for each in run.question["choices"]] == ["DMY", "MDY"]
    assert refusals(answer(run, "MDY")).keys() == {3}
    assert "not a date" in refusals(change(chain, "2026-11-30", "i morgen"))[3]


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2089, 1, 1)))
def test_a_day_reads_as_itself_in_each_way_of_writing_it(day: date) -> None:
    for form, order in (("%d-%m-%Y", "DMY"), ("%m/%d/%Y", "MDY"), ("%Y-%m-%d", "YMD"), ("%d.%m.%y", "DMY")):
        assert readings(day.strftime(form))[order] == (day, ())


def test_a_reader_of_dates_asks_and_never_guesses() -> None:
    with pytest.raises(FileQuestion):
        DateReader().is_before("02-03-2026", "03-02-2026")
    assert DateReader("MDY").is_before("02-03-2026", "03-02-2026")
    assert not DateReader(sample=["31-01-2026"]).is_before("02-03-2026", "03-02-2026")
    with pytest.raises(Refusal):
        DateReader(sample=["31-01-2026"]).is_before("02-13-2026", "03-02-2026")


# --- codes ----------------------------------------------------------------------------------------------------------

READ = {
    '="5712345300015"': ["5712345300015"], '="0012345678905"': ["12345678905"], "'5712345300015": ["5712345300015"],
    "5 712345 000038": ["5712345000038"], "978-87-12-34567-1": ["9788712345671"], "5712345000243.0": ["5712345000243"],
    "5.712.345.000.038": ["5712345000038"], "5,712,345,000,038": ["5712345000038"],
    "5712345\u00a0000038": ["5712345000038"], "5712345000243,00": ["5712345000243"],
    "5701234567899 57012346": ["5701234567899", "57012346"], "5701234567899|57012346*24": ["5701234567899", "57012346"],
    "5701234567899\n57012346": ["5701234567899", "57012346"], "5701234567899, 57012346": ["5701234567899", "57012346"],
    "5701234567899,57012346": ["5701234567899", "57012346"], "5701234567899/57012346": ["5701234567899", "57012346"],
    "5701234567899;": ["5701234567899"], "12-34": ["12-34"], "AB 12": ["12", "AB"], "-": [], " | ": [],
}  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_a_code_is_read_as_the_one_that_it_can_only_be(text: str) -> None:
    assert [code for code, _ in read_codes(text, [])] == sorted(READ[text])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5,71234E+12", "spreadsheet"), ("5.71235E+12", "spreadsheet"), ("5,71e12", "spreadsheet"),
        ("5712340000000", "spreadsheet"), ("5701234567899|5,71E+12", "spreadsheet"), ("5E+12", "spreadsheet"),
        ("5 712345 000039", "one code or several"), ("1234 5678", "one code or several"), ("000", "zeros"),
        ("5701234567899*0", "how many pieces"),
    ],
)  # fmt: skip
def test_a_code_that_is_lost_or_unclear_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_codes(text, [])
    assert reason in str(refused.value.said)


@given(st.text(alphabet="0123456789 |-.,*E+='\"/x\u00a0", max_size=30))
def test_whatever_stands_in_a_cell_no_digit_is_a_code_of_its_own_by_chance(text: str) -> None:
    said: list[Said] = []
    try:
        found = read_codes(text, said)
    except Refusal:
        return
    for code, quantity in found:
        assert 0 < len(code) <= 20
        assert quantity >= 1000
    assert all(len(code) >= 7 or said for code, _ in found)


def test_numbers_lose_what_a_spreadsheet_added() -> None:
    assert [read_number(text) for text in ("1001.0", '="0012"', "'0012", " 12E5 ", "")] == [
        "1001", "0012", "0012", "12E5", "",
    ]  # fmt: skip
    for text in ("8,001E+3", "æøå", "1" * 21):
        with pytest.raises(Refusal):
            read_number(text)


def test_a_code_that_a_spreadsheet_has_cut_leaves_the_article_as_it_was(chain: Chain) -> None:
    import_lines(chain, "8001;5712345300015;Havregryn;14,95;25")
    run = import_lines(chain, "8001;5,71234E+12;Havregryn;15,95;25")
    assert counts(run) == (0, 0, 0, 0, 1)
    assert (codes(), prices(chain)) == ({"5712345300015"}, {"8001": 1495})


def test_a_row_that_cannot_say_which_article_it_is_deletes_none_by_itself(chain: Chain) -> None:
    many = [f"{number};;Vare {number};1,00;25" for number in range(2000, 2040)]
    import_lines(chain, *many, "8001;;Havregryn;14,95;25")
    run = import_lines(chain, *many, "8,001E+3;;Havregryn;14,95;25")
    assert (run.state, run.deleted, len(prices(chain))) == (State.HELD, 1, 41)


# --- the shape of a file --------------------------------------------------------------------------------------------


def test_a_header_with_a_line_break_is_found(chain: Chain) -> None:
    text = 'Varenr;EAN;Varetekst;"Salgs\r\npris";Moms\r\n8041;5712345000106;Smør 200 g;23,95;25\r\n'
    run = import_text(chain, text)
    assert (counts(run), prices(chain)) == ((1, 0, 0, 0, 0), {"8041": 2395})


def test_titles_above_the_header_are_left_out_with_a_line_that_says_so(chain: Chain) -> None:
    run = import_text(
        chain, f"Prisliste uge 48;;;;\n;;;;\nUdskrevet af: Hansen, M.\n{DANISH}\n8071;;Kartofler;20,00;25\n"
    )
    assert (counts(run), prices(chain)) == ((1, 0, 0, 0, 0), {"8071": 2000})
    assert remarks(run).keys() == {1, 3}
    assert "above" in remarks(run)[1]


def test_cells_that_a_spreadsheet_left_out_are_empty_ones(chain: Chain) -> None:
    text = (
        f"{DANISH};Varegruppe;Aldersgrænse\n8051;;Ostehaps;12,95;25;Mejeri\n8052;;Pilsner;8,50;25;Øl;16\n;;;;\n;;;;;;\n"
    )
    assert counts(import_text(chain, text)) == (2, 0, 0, 0, 0)
    ages = dict(Article.objects.values_list("number", "age_limit"))
    assert ages == {"8051": None, "8052": 16}


def test_a_file_that_ends_in_the_middle_of_a_row_says_so(chain: Chain) -> None:
    run = import_text(chain, f"{DANISH};Varegruppe\n1;;Mælk;5,00;25;Mejeri\n2;;Brød;5,00;25")
    assert counts(run) == (1, 0, 0, 0, 1)
    assert refusals(run).keys() == {3}
    assert "cut off" in refusals(run)[3]


MARKS = {
    "ditto over two lines": ('8252;5712345100028;";39,00;25\n8253;5712345100035;";45,00;25', {3, 4}),
    "ditto with a row between": ('8252;;";39,00;25\n8253;;Bits;45,00;25\n8255;;";45,00;25', {3, 5}),
    "words behind the mark": ('8252;;"4" rør;39,00;25', {3}),
    "a space before the mark": ('8252;; "rør";39,00;25', {3}),
}


@pytest.mark.parametrize("kind", MARKS)
def test_a_stray_quotation_mark_refuses_its_rows_and_swallows_none(chain: Chain, kind: str) -> None:
    lines, refused = MARKS[kind]
    run = import_text(chain, f"{DANISH}\n8251;;Skruer;35,00;25\n{lines}\n8254;;Bits;20,00;25\n")
    assert refusals(run).keys() == refused
    assert all("quotation mark" in said for said in refusals(run).values())
    assert {"8251", "8254"} <= prices(chain).keys()
    assert run.rows == 2 + len(lines.splitlines())


def test_quotation_marks_in_their_place_are_no_fault(chain: Chain) -> None:
    run = import_text(
        chain,
        f'{DANISH}\n1;;"4"" rør";1,00;25\n2;;Rør 4";2,00;25\n3;;"Te\r\ngrøn; løs";3,00;25\n"4";"";"Is";"4,00";"25"\n',
    )
    assert counts(run) == (4, 0, 0, 0, 0)
    assert texts() == {"1": '4" rør', "2": 'Rør 4"', "3": "Te grøn; løs", "4": "Is"}


def test_a_mark_that_stands_for_the_row_above_is_no_text(chain: Chain) -> None:
    run = import_text(chain, f'{DANISH}\n1;;Skruer;1,00;25\n2;;〃;2,00;25\n3;;"""";3,00;25\n4;;-"-;4,00;25\n')
    assert refusals(run).keys() == {3, 4, 5}


def test_rows_that_differ_by_the_barcode_only_are_one_article(chain: Chain) -> None:
    run = import_lines(
        chain, "8091;5712345000175;Cola;12,00;25", "8091;5712345000182;Cola;12,00;25", "8092;57012346;Fanta;1,00;25"
    )
    assert (counts(run), run.joined) == ((2, 0, 0, 0, 0), 1)
    assert codes() == {"5712345000175", "5712345000182", "57012346"}
    assert "line 2" in remarks(run)[3]
    again = import_lines(
        chain, "8091;5712345000175;Cola;12,00;25", "8091;5712345000182;Cola;12,00;25", "8092;57012346;Fanta;1,00;25"
    )
    assert (counts(again), again.joined) == ((0, 0, 0, 2, 0), 1)


def test_rows_that_differ_in_more_are_not_joined(chain: Chain) -> None:
    run = import_lines(chain, "8091;5712345000175;Cola;12,00;25", "8091;5712345000182;Cola;13,00;25")
    assert (counts(run), run.joined, codes()) == ((1, 0, 0, 0, 1), 0, {"5712345000175"})


def test_changes_that_differ_by_the_barcode_only_are_joined_too(chain: Chain) -> None:
    lines = [f"chg;8091;{code};Cola;12,00;25" for code in ("5712345000175", "5712345000182")]
    run = import_text(chain, "\n".join(("op;number;barcode;text;price;vat", *lines)), changes=True)
    assert (counts(run), run.joined, codes()) == ((1, 0, 0, 0, 0), 1, {"5712345000175", "5712345000182"})


OTHER_KINDS = {
    "Excel": (b"PK\x03\x04x", b"\xd0\xcf\x11\xe0\xa1"),
    "PDF": (b"%PDF-1.7\n",),
    "web page": (b"<html><table>", b"\xef\xbb\xbf<!DOCTYPE html>", b"  <table><tr><td>Varenr"),
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_what_is_no_table_of_text_says_what_it_is(chain: Chain, kind: str) -> None:
    for data in OTHER_KINDS[kind]:
        run = import_bytes(chain, data)
        assert run.state == State.FAILED
        assert kind in run.told


# --- letters --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "utf-8"])
def test_the_first_letter_that_tells_may_stand_far_down(chain: Chain, encoding: str) -> None:
    note = "Generic " * 128  # in a column that is not read: few rows are enough
    plain = "\n".join(f"{number};;Generic item;9,95;25;{note}" for number in range(20_000, 20_300))
    assert len(plain) > SAMPLE
    data = f"{HEADER};Note\n{plain}\n30000;;Rødkål på dåse;9,95;25\n30001;;Æblemos;9,95;25\n".encode(encoding)
    assert counts(import_bytes(chain, data)) == (302, 0, 0, 0, 0)
    assert texts()["30000"] == "Rødkål på dåse"


def test_letters_are_kept_composed(chain: Chain) -> None:
    run = import_text(chain, f"{HEADER};Varegruppe\n8111;;Bla\u030abærgrød Ærø;21,00;25;Gro\u0308d\n")
    assert run.added == 1
    assert texts() == {"8111": "Blåbærgrød Ærø"}
    assert Article.objects.beginning_with("blåbær").count() == 1
    assert Article.objects.get().group.name == "Gröd"  # type: ignore[union-attr]


def test_a_header_with_decomposed_letters_is_known(chain: Chain) -> None:
    text = f"{HEADER};Aldersgra\u0308nse;Va\u0308gtvare\n1;;Øl;1,00;25;18;nej\n".replace("a\u0308", "æ")
    assert import_text(chain, text).added == 1


def test_letters_of_another_encoding_are_refused_and_not_garbled(chain: Chain) -> None:
    twice = "Rødgrød".encode().decode("cp1252")
    run = import_text(chain, f"{HEADER}\n1;;{twice};1,00;25\n2;;Rødgrød;1,00;25\n")
    assert "another encoding" in refusals(run)[2]
    mixed = f"{HEADER}\n3;;Rødkål på dåse;1,00;25\n".encode("cp1252") + "4;;Æblegrød;1,00;25\n".encode()
    assert refusals(import_bytes(chain, mixed)).keys() == {3}


# --- values ---------------------------------------------------------------------------------------------------------


def test_float_tails_are_what_they_were_before(chain: Chain) -> None:
    run = import_lines(
        chain, "8121;;Juice;12.950000000000001;25", "8122;;Saft;19.99;25.0", "8123;5712345000243.0;Vand;9.5;25.0",
        "8124.0;;Is;12.999999999999998;25.000000000000",
    )  # fmt: skip
    assert counts(run) == (4, 0, 0, 0, 0)
    assert prices(chain) == {"8121": 1295, "8122": 1999, "8123": 950, "8124": 1300}
    assert codes() == {"5712345000243"}


def test_prices_as_signs_on_shelves_write_them(chain: Chain) -> None:
    written = ["12.-", "12:50", "kr. 1\u2009295,00", "DKK 12,-", "12,– kr", "kr 12:-", "1\u202f295,00"]
    run = import_lines(chain, *(f"{number};;Vare;{price};25" for number, price in enumerate(written, 1)))
    assert (run.told, refusals(run)) == ("", {})
    assert list(prices(chain).values()) == [1200, 1250, 129_500, 1200, 1200, 1200, 129_500]


def test_vat_as_a_share_of_one_is_taken_and_said(chain: Chain) -> None:
    run = import_lines(chain, "1;;Æg;34,95;0,25", "2;;Bog;10,00;0", "3;;Ost;10,00;.25")
    assert counts(run) == (3, 0, 0, 0, 0)
    assert set(Article.objects.values_list("vat_rate", flat=True)) == {0, 2500}
    assert "shares" in remarks(run)[1]


def test_a_share_among_percents_is_refused_with_what_to_write(chain: Chain) -> None:
    run = import_lines(chain, "8151;;Æg;34,95;0,25", "8152;;Mælk;12,95;25 %")
    assert counts(run) == (1, 0, 0, 0, 1)
    assert "share" in refusals(run)[2]
    assert "Write 25." in refusals(run)[2]


# --- the files that shops' systems stumbled over, as they were -------------------------------------------------------

Right = Callable[[ArticleImport, dict[str, int]], bool]
FILES: dict[str, Right] = {
    "01-excel-scientific.csv": lambda run, _: run.refused == 2 and not codes(),
    "02-excel-text-guard.csv": lambda run, _: codes() == {"5712345300015", "12345678905"} and not run.remarked,
    "03-grouped-digits.csv": lambda _, __: codes() == {"5712345000038", "9788712345671"},
    "05b-header-linebreak.csv": lambda _, now: now == {"8041": 2395},
    "06-short-rows.csv": lambda run, _: run.added == 2 and not run.refused,
    "07-tail-of-empty-rows.csv": lambda run, _: (run.rows, run.refused) == (1, 0),
    "08-title-above-header.csv": lambda _, now: now == {"8071": 2000},
    "09-two-price-columns.csv": lambda run, now: run.state == State.ASKED and not now,
    "10-one-row-per-barcode.csv": lambda run, _: run.added == 1 and codes() == {"5712345000175", "5712345000182"},
    "11-changes-danish-dates.csv": lambda _, now: now == {"8101": 2400},
    "12-mac-decomposed.csv": lambda _, __: len(texts()["8111"]) == 14 and len(texts()["8112"]) == 17,
    "13-float-tails.csv": lambda _, now: list(now.values()) == [1295, 1999, 950] and "5712345000243" in codes(),
    "15-late-letters-cp1252.csv.gz": lambda run, _: run.added == 8002 and "Æblemos" in texts().values(),
    "16-vat-as-fraction.csv": lambda run, now: now == {"8152": 1295} and "share" in refusals(run)[2],
    "20-emoji-at-the-edge.csv": lambda run, _: run.added == 1 and len(texts()["8191"]) <= 30,
    "22-scale-plu-number.csv": lambda run, _: run.added == 2,
    "22b-scale-template-ean.csv": lambda run, _: run.added == 1,
    "22c-scale-unit-gram.csv": lambda run, _: run.added == 1,
    "24-nordic-price-signs.csv": lambda _, now: list(now.values()) == [1200, 1250, 129_500, 1200],
    "25-ditto-marks.csv": lambda run, now: now == {"8251": 3500, "8254": 2000} and refusals(run).keys() == {3, 4},
}


@pytest.mark.parametrize("name", FILES)
def test_a_field_case_comes_out_right(chain: Chain, name: str) -> None:
    run = import_bytes(chain, field_case(name).read_bytes(), changes="changes" in name)
    assert FILES[name](run, dict(sorted(prices(chain).items()))), (run.state, run.told, refusals(run), remarks(run))
