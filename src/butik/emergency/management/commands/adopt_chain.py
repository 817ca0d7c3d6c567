"""`butik adopt_chain`: an emergency cloud takes a chain in, and says what the chain is to pair with."""

import tomllib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from butik.emergency.adopting import NotAdopted, adopt_chain
from butik.emergency.rules import BadRules, Question, write_down
from butik.lib.clock import now
from butik.lib.signing import BadDocument


class Command(BaseCommand):
    help = (
        "Adopt the chain that FILE (made by `butik introduce_chain`) introduces, and print the offer to pair it with."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the introduction: a butik-chain document")
        parser.add_argument(
            "--rules",
            type=Path,
            metavar="FILE",
            help="who activates and what support asks (docs/operations.md); delete the file afterwards",
        )
        parser.add_argument("--out", type=Path, metavar="FILE", help="write the offer there instead of printing it")

    def handle(self, *_: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            rules = _read_rules(options["rules"]) if options["rules"] else None
            offer = adopt_chain(document=path.read_text().strip(), actor="system", now=now(), rules=rules)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path} cannot be read: {error}") from error
        except (BadDocument, BadRules, NotAdopted) as error:
            raise CommandError(str(error)) from error
        out: Path | None = options["out"]
        if out:
            out.write_bytes(offer + b"\n")
        else:
            self.stdout.write(offer.decode())


def _read_rules(path: Path) -> dict[str, Any]:
    try:
        said = tomllib.loads(path.read_text())
        questions = [Question(str(each["text"]), str(each["answer"])) for each in said.get("question", [])]
        alone, number = bool(said.get("one_person_with_key", False)), str(said.get("call_back", ""))
    except (tomllib.TOMLDecodeError, AttributeError, KeyError, TypeError) as error:
        raise CommandError(f"{path} is no rules file: {error}") from error
    return write_down(allows_alone=alone, call_back=number, questions=questions)
