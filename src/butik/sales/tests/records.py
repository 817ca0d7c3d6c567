"""Records for tests that need no database: tills that stand in stores which exist nowhere but here."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from tests.support.till import BREAD, MILK, NOW, VERSION, Till

from butik.lib.ids import new_id
from butik.lib.signing import SigningKey
from butik.sales.journal import Known
from butik.sales.reading import Place, Record, Signer, open_record, read_record

PRICES = {(number, VERSION): (price, 2500) for number, _, price in (MILK, BREAD)}


def a_place(organisation_id: UUID | None = None, number: int = 12) -> Place:
    return Place(organisation_id or new_id(), new_id(), new_id(), number, "Europe/Copenhagen")


def a_till(place: Place, pos: int = 3, label: str = "N1") -> Till:
    return Till(SigningKey.generate(), place.organisation_id, place.store_id, pos, new_id(), new_id(), label)


def signer_of(till: Till, *, is_revoked: bool = False) -> Signer:
    return Signer(till.device, till.key.kid, till.key.public, till.pos, is_revoked)


def signers_of(tills: Iterable[Till]) -> dict[str, Signer]:
    return {till.key.kid: signer_of(till) for till in tills}


def read(documents: Iterable[str], place: Place, *tills: Till, is_revoked: bool = False) -> list[Record]:
    signers = {kid: replace(signer, is_revoked=is_revoked) for kid, signer in signers_of(tills).items()}
    return [read_record(open_record(each), place=place, signers=signers, received_at=NOW) for each in documents]


def empty_journal() -> Known:
    return Known(versions=PRICES)
