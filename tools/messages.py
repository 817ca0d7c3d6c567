"""Butik's words in other languages, with Babel only (gettext's programs need not be installed).

python tools/messages.py update     collect the words from code and templates into each language's .po
python tools/messages.py compile    write the .mo files that a running Butik reads
python tools/messages.py check      fail when a .po lacks a word, or a translation is missing or doubtful
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "butik"
LANGUAGES = ("da",)
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def extract_template(
    file: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, Any, Any, Any]]:
    """Find the words of a Django template, which Django itself turns into something like Python first."""
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure(USE_I18N=True)
    # What is no word has become X's; unindented they are harmless to Python's tokenizer.
    lines = (line.lstrip() for line in templatize(file.read().decode()).splitlines(keepends=True))
    yield from extract_python(io.BytesIO("".join(lines).encode()), keywords, comment_tags, options)


def collected() -> Catalog:
    """Every word in code and templates; tests have no words for people."""
    catalog = Catalog(project="Butik", charset="utf-8")
    for path in sorted([*SOURCE.rglob("*.py"), *SOURCE.rglob("*.html"), *SOURCE.rglob("*.txt")]):
        place = path.relative_to(ROOT)
        if {"tests", "migrations", "static", "pos_app"} & set(place.parts):
            continue
        method: Any = "python" if path.suffix == ".py" else extract_template
        with path.open("rb") as file:
            for line, words, comments, context in extract(method, file, KEYWORDS, ("Translators:",)):
                flags = ["python-format"] if path.suffix == ".html" and "%(" in str(words) else []
                catalog.add(words, None, [(str(place), line)], flags, comments, context=context)
    return catalog


def po_files() -> dict[str, Path]:
    return {language: SOURCE / "locale" / language / "LC_MESSAGES" / "django.po" for language in LANGUAGES}


def load(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language, project="Butik", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    words = collected()
    for language, path in po_files().items():
        catalog = load(path, language)
        # Nothing guesses a translation from a similar word: a wrong one is worse than none.
        catalog.update(words, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rendered(catalog))
        missing = list(untranslated(catalog))
        print(f"{path.relative_to(ROOT)}: {len(catalog)} words, {len(missing)} without a translation")


def rendered(catalog: Catalog) -> bytes:
    """Render without dates, names and line numbers: the file changes when a word does, and only then."""
    catalog.header_comment = (
        f"# Butik in {catalog.locale_identifier}: `make messages` collects the words, people translate."
    )
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=120, include_lineno=False, sort_by_file=True, omit_header=False)
    kept = ("Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")
    return re.sub(
        rf'^"(?!({"|".join(kept)}): )[A-Z][A-Za-z-]+: .*\\n"\n'.encode(), b"", buffer.getvalue(), flags=re.MULTILINE
    )


def untranslated(catalog: Catalog) -> Iterator[str]:
    for message in catalog:
        translations = message.string if isinstance(message.string, tuple | list) else [message.string]
        if message.id and (message.fuzzy or not all(translations)):
            yield message.id if isinstance(message.id, str) else message.id[0]


def compile_all() -> None:
    for path in SOURCE.rglob("LC_MESSAGES/*.po"):
        catalog = load(path, path.parent.parent.name)
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)


def check() -> None:
    words = {(message.context, str(message.id)) for message in collected() if message.id}
    complaints = []
    for language, path in po_files().items():
        catalog = load(path, language)
        known = {(message.context, str(message.id)) for message in catalog if message.id}
        complaints += [
            f"{language}: not collected (run `make messages`): {word}" for _, word in sorted(words - known, key=str)
        ]
        complaints += [f"{language}: no translation: {word}" for word in untranslated(catalog)]
    if complaints:
        sys.exit("\n".join(complaints))


if __name__ == "__main__":
    deeds = {"update": update, "compile": compile_all, "check": check}
    if len(sys.argv) != 2 or sys.argv[1] not in deeds:
        sys.exit(__doc__)
    deeds[sys.argv[1]]()
