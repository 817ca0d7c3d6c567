"""A file becomes articles: whatever it looks like, and nothing of it disappears."""

import gzip
from pathlib import Path

import pytest
from django.core.management import call_command

from butik.articles.models import Article, ArticleImport, ArticleVersion, Barcode
from butik.articles.tests.imports import (
    HEADER,
    counts,
    import_bytes,
    import_lines,
    import_text,
    prices,
    refusals,
    remarks,
)
from butik.audit.models import AuditEntry
from butik.changes.models import FeedEntry, FeedHead
from butik.live.models import LiveEvent
from butik.organisation.models import Chain

State = ArticleImport.State
MILK = "1001;5701234567899;MINIMÆLK 1L;12,95;25"
BREAD = "1002;57012346;RUGBRØD;24,50;25"
ENGLISH = "number,barcode,text,price,vat\n1001,5701234567899,MINIMÆLK 1L,12.95,25\n"


def only(chain: Chain) -> Article:
    return Article.objects.get(chain=chain)


def test_articles_come_with_barcode_version_feed_entry_audit_and_event(chain: Chain) -> None:
    run = import_lines(chain, MILK, BREAD)
    assert (run.state, counts(run)) == (State.APPLIED, (2, 0, 0, 0, 0))
    milk = Article.objects.get(number="1001")
    assert (milk.receipt_text, milk.price, milk.vat_rate, milk.unit) == ("MINIMÆLK 1L", 1295, 2500, "PCS")
    assert Barcode.objects.get(article=milk).code == "5701234567899"
    assert ArticleVersion.objects.get(number="1001").version == milk.version
    assert set(FeedEntry.objects.values_list("key", "position")) == set(
        Article.objects.values_list("number", "version")
    )
    assert FeedHead.objects.get().position == 2
    assert AuditEntry.objects.filter(action="articles.import.applied", data__added=2).count() == 1
    assert set(LiveEvent.objects.values_list("topic", flat=True)) >= {"import", "prices"}


def test_a_dry_run_changes_nothing(chain: Chain) -> None:
    run = import_lines(chain, MILK, dry_run=True)
    assert (run.state, counts(run)) == (State.TRIED, (1, 0, 0, 0, 0))
    assert not Article.objects.exists()
    assert not FeedHead.objects.exists()


def test_the_same_file_again_writes_nothing(chain: Chain) -> None:
    import_lines(chain, MILK, BREAD)
    before = list(Article.objects.values_list("id", "version"))
    run = import_lines(chain, MILK, BREAD)
    assert counts(run) == (0, 0, 0, 2, 0)
    assert list(Article.objects.values_list("id", "version")) == before
    assert ArticleVersion.objects.count() == 2
    assert FeedHead.objects.get().position == 2


def test_only_what_changed_gets_a_new_version(chain: Chain) -> None:
    import_lines(chain, MILK, BREAD)
    run = import_lines(chain, MILK.replace("12,95", "13,95"), BREAD)
    assert counts(run) == (0, 1, 0, 1, 0)
    assert list(ArticleVersion.objects.filter(number="1001").order_by("version").values_list("price", flat=True)) == [
        1295,
        1395,
    ]
    assert Article.objects.get(number="1001").version == FeedHead.objects.get().position == 3
    assert FeedEntry.objects.count() == 2


def test_what_the_file_lacks_goes_and_can_come_back(chain: Chain) -> None:
    many = [f"{number};;Vare {number};1,00;25" for number in range(2000, 2030)]
    import_lines(chain, MILK, *many)
    run = import_lines(chain, *many)
    assert (run.state, counts(run)) == (State.APPLIED, (0, 0, 1, 30, 0))
    assert "1001" not in prices(chain)
    assert not Barcode.objects.filter(code="5701234567899").exists()
    assert ArticleVersion.objects.filter(number="1001", is_deleted=True).count() == 1
    assert counts(import_lines(chain, MILK, *many)) == (1, 0, 0, 30, 0)
    assert Barcode.objects.get(code="5701234567899").article.number == "1001"


def test_more_deletions_than_five_percent_are_held_for_a_person(chain: Chain) -> None:
    import_lines(chain, MILK, BREAD)
    held = import_lines(chain, MILK)
    assert (held.state, held.deleted) == (State.HELD, 1)
    assert len(prices(chain)) == 2
    accepted = import_lines(chain, MILK, accept=True)
    assert accepted.state == State.APPLIED
    assert list(prices(chain)) == ["1001"]


FORMS = {
    "plain": ENGLISH.encode(),
    "with a mark": ENGLISH.encode("utf-8-sig"),
    "UTF-16": ENGLISH.encode("utf-16"),
    "UTF-16 without a mark": ENGLISH.encode("utf-16-le"),
    "packed": gzip.compress(ENGLISH.encode()),
    "tabs": ENGLISH.replace(",", "\t").encode(),
    "Windows lines": ENGLISH.replace("\n", "\r\n").encode(),
    "Mac lines": ENGLISH.replace("\n", "\r").encode(),
    "Excel's first line": f"sep=;\n{HEADER}\n{MILK}\n".encode(),
    "blank lines": f"\n\n{HEADER}\n\n{MILK}\n\n".encode(),
    "empty cells behind": f"{HEADER}\n{MILK};;\n".encode(),
    "bars": (f"{HEADER}\n" + MILK + "\n").replace(";", "|").encode(),
    "no line end": f"{HEADER}\n{MILK}".encode(),
}


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
def test_the_file_s_form_is_found_out(chain: Chain, data: bytes) -> None:
    run = import_bytes(chain, data)
    assert (run.told, counts(run)) == ("", (1, 0, 0, 0, 0))
    assert (only(chain).receipt_text, only(chain).price) == ("MINIMÆLK 1L", 1295)


DANISH = """Varenr;Stregkode;Varenavn;Pris;Moms;Enhed
1;;Rødgrød med fløde æble;12,95;25;stk
2;;Hjemmebagt brød på dåse;9,00;25;stk
"""


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac_roman"])
def test_old_encodings_are_found_out_or_named(chain: Chain, encoding: str) -> None:
    found = import_bytes(chain, DANISH.encode(encoding))
    named = import_bytes(chain, DANISH.encode(encoding), encoding=encoding)
    texts = set(Article.objects.values_list("receipt_text", flat=True))
    assert texts == {"Rødgrød med fløde æble", "Hjemmebagt brød på dåse"}
    assert (found.added, named.unchanged) == (2, 2)


def test_bytes_of_another_encoding_refuse_their_row_alone(chain: Chain) -> None:
    good = "\n".join(f"{number};;Æble {number};1,00;25" for number in range(20_000, 30_000))
    data = f"{HEADER}\n{good}\n".encode() + "1;;Æble;1,00;25\n".encode("cp1252")
    run = import_bytes(chain, data)
    assert counts(run) == (10_000, 0, 0, 0, 1)
    assert "encoding" in refusals(run)[10_002]


def test_columns_constants_and_a_filter_can_be_named(chain: Chain) -> None:
    text = "kode,kæde,hvad,koster\n5701234567899,A,Mælk,12.95\n57012346,B,Brød,5.00\n"
    run = import_text(
        chain,
        text,
        columns={"barcode": "kode", "name": "hvad", "price": "koster"},
        constants={"vat": "25", "currency": "DKK", "unit": "pcs"},
        filters={"kæde": "A"},
    )
    assert (run.told, counts(run)) == ("", (1, 0, 0, 0, 0))
    assert only(chain).number == "5701234567899"


def test_what_the_file_says_nothing_about_stays(chain: Chain) -> None:
    import_text(chain, f"{HEADER};group;age;blocked\n{MILK};Mejeri;18;ja\n")
    run = import_lines(chain, MILK.replace("12,95", "14,00"))
    assert run.changed == 1
    article = only(chain)
    assert article.group is not None
    assert (article.group.name, article.age_limit, article.is_blocked, article.price) == ("Mejeri", 18, True, 1400)


def test_a_long_name_is_kept_and_shortened_at_a_word_for_the_receipt(chain: Chain) -> None:
    name = "Økologisk havregryn fra danske marker 1000 gram"
    import_text(chain, f"number;name;price;vat\n1;{name};10;25\n")
    assert (only(chain).receipt_text, only(chain).name) == ("Økologisk havregryn fra danske", name)
    assert only(chain).search_text == "økologisk havregryn fra danske marker 1000 gram"


def test_an_article_may_have_several_codes_and_crates(chain: Chain) -> None:
    import_lines(chain, "1001;5701234567899|57012346*24 ABC-1;Øl;5,00;25")
    codes = dict(Barcode.objects.values_list("code", "quantity_milli"))
    assert codes == {"5701234567899": 1000, "57012346": 24_000, "ABC-1": 1000}
    run = import_lines(chain, "1001;5701234567899 ABC-1;Øl;5,00;25")
    assert run.changed == 1
    assert set(Barcode.objects.values_list("code", flat=True)) == {"5701234567899", "ABC-1"}


def test_codes_can_change_places_in_one_file(chain: Chain) -> None:
    import_lines(chain, MILK, BREAD)
    run = import_lines(chain, "1001;57012346;MINIMÆLK 1L;12,95;25", "1002;5701234567899;RUGBRØD;24,50;25")
    assert counts(run) == (0, 2, 0, 0, 0)
    assert Barcode.objects.get(code="57012346").article.number == "1001"


def test_odd_codes_are_kept_with_a_remark(chain: Chain) -> None:
    run = import_lines(chain, "1;12345;Agurk;5,00;25", "2;5701234567898;Mælk;5,00;25", "3;036000291452;Te;5,00;25")
    assert counts(run) == (3, 0, 0, 0, 0)
    assert "shop's own" in remarks(run)[2]
    assert "check digit" in remarks(run)[3]
    assert run.remarked == 2
    assert set(Barcode.objects.values_list("code", flat=True)) == {"12345", "5701234567898", "36000291452"}


def test_control_characters_are_left_out_with_a_remark(chain: Chain) -> None:
    run = import_lines(chain, "1;;Mælk\x07 \x1b[31mrød\u202e;5,00;25")
    assert only(chain).receipt_text == "Mælk [31mrød"
    assert "control characters" in remarks(run)[2]


def test_a_linked_article_that_is_not_there_is_remarked(chain: Chain) -> None:
    run = import_text(chain, f"{HEADER};linked\n1;;Cola;20,00;25;900\n2;;Fanta;20,00;25;901\n900;;Pant A;1,00;25;\n")
    assert run.added == 3
    assert list(remarks(run)) == [3]


BAD_ROWS = {
    "1;;Mælk;-5;25": "negative",
    "2;;Mælk;;25": "missing",
    "3;;Mælk;gratis;25": "not a price",
    "4;;Mælk;5,00;12": "VAT rate",
    "5;;Mælk;5,00;A": "VAT rate",
    "6;;;5,00;25": "no text",
    ";;Mælk;5,00;25": "neither number nor barcode",
    "8;;Mælk;5,00": "cells",
    "9;;Mælk;5.000;25;for;meget": "cells",
    "123456789012345678901;;Mælk;5,00;25": "20 plain characters",
    "11;123456789012345678901;Mælk;5,00;25": "20 plain characters",
    "12;000;Mælk;5,00;25": "zeros",
    "1001;;Igen;5,00;25": "already on line 2",
    "14;5701234567899;Samme kode;5,00;25": "belongs to article 1001",
    "15;;Mælk;12.95;25": "does not fit",
}


def test_a_bad_row_is_listed_with_line_and_reason_and_stops_no_other(chain: Chain) -> None:
    run = import_lines(chain, MILK, *BAD_ROWS, BREAD, "77;;Kaffe;49,95;25")
    assert counts(run) == (3, 0, 0, 0, len(BAD_ROWS))
    told = refusals(run)
    for line, (row, reason) in enumerate(BAD_ROWS.items(), 3):
        assert reason in told[line], (row, told[line])
        assert run.remarks.get(line=line).row == row
    assert set(prices(chain)) == {"1001", "1002", "77"}


def test_a_refused_row_leaves_its_article_as_it_was(chain: Chain) -> None:
    import_lines(chain, MILK, BREAD)
    run = import_lines(chain, MILK, BREAD.replace("24,50", "-1"))
    assert (run.state, counts(run)) == (State.APPLIED, (0, 0, 0, 1, 1))
    assert prices(chain) == {"1001": 1295, "1002": 2450}


USELESS = {
    "empty": b"",
    "Excel": b"PK\x03\x04rest",
    "damaged": gzip.compress(ENGLISH.encode())[:-9],
    "No column was found for: price": b"a;b;c\n1;2;3\n",
    "vat": b"number;text;price\n1;a;2\n",
    "no rows": f"{HEADER}\n".encode(),
    "quotation mark": f'{HEADER}\n1;;"Mælk;5,00;25\n2;;Brød;5,00;25\n'.encode(),
    "more than once": b"number;price;price;text;vat\n1;2;2;a;25\n",
}


@pytest.mark.parametrize(("reason", "data"), USELESS.items(), ids=USELESS)
def test_a_file_that_cannot_be_used_says_why_and_changes_nothing(chain: Chain, reason: str, data: bytes) -> None:
    import_lines(chain, MILK)
    columns = {"price": "price"} if b"price;price" in data else {}
    run = import_bytes(chain, data, columns=columns)
    assert run.state == State.FAILED
    assert reason in run.told
    assert prices(chain) == {"1001": 1295}


def test_another_currency_is_not_taken_for_the_chain_s(chain: Chain) -> None:
    run = import_text(chain, f"{HEADER};currency\n{MILK};SEK\n{BREAD};DKK\n")
    assert "DKK" in refusals(run)[2]
    assert prices(chain) == {"1002": 2450}
    assert import_lines(chain, MILK, constants={"currency": "EUR"}).state == State.FAILED


def test_a_filter_that_takes_nothing_deletes_nothing(chain: Chain) -> None:
    import_lines(chain, MILK)
    run = import_lines(chain, MILK, filters={"text": "findes ikke"}, accept=True)
    assert (run.state, prices(chain)) == (State.FAILED, {"1001": 1295})


def test_formulas_are_only_text(chain: Chain) -> None:
    import_lines(chain, '1;;=HYPERLINK("x");5,00;25')
    assert only(chain).receipt_text.startswith("=HYPERLINK")


def test_a_terminal_shows_what_the_file_says_whole_and_as_it_is(
    chain: Chain, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty columns wide, and with names that a terminal library would take for its own marks."""
    monkeypatch.setenv("COLUMNS", "40")
    path = tmp_path / f"[bold] :smile: {'x' * 60}.csv"
    path.write_text("\n".join((HEADER, f"[/bold] {'7' * 40};;MÆLK;12,95;25", MILK)))
    call_command("import_articles", path, chain=chain.number, organisation=str(chain.organisation_id))
    shown = capsys.readouterr().out
    assert path.name in shown
    assert f"[/bold] {'7' * 20}" in shown
