"""Set up a chain service with many stores and a catalogue; print a code for each store, and the articles' versions.

Run with the chain's settings. Everything by the service's own actions and commands.
"""

import json
import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any


def main(articles: Path, stores: int) -> dict[str, Any]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from butik.articles.models import Article
    from butik.lib.clock import now
    from butik.organisation.actions import add_pos, found_chain, found_organisation, issue_code, open_store
    from butik.organisation.installation import install_chain
    from butik.organisation.tenancy import tenant_scope
    from butik.serving.founding import found

    assert found(owner_url=os.environ.get("BUTIK_OWNER_DATABASE_URL", "")) == 0
    at, actor = now(), "system"
    company = found_organisation(name="Bench", company="Bench ApS", vat_number="DK12345674", actor=actor, now=at)
    chain = found_chain(company=company, number=1, name="Bench", actor=actor, now=at)
    install_chain(chain=chain)
    with redirect_stdout(StringIO()):
        call_command("import_articles", str(articles), "--chain", "1")
    codes = []
    for number in range(1, stores + 1):
        store = open_store(chain=chain, number=number, name=f"Store {number}", actor=actor, now=at)
        add_pos(store=store, number=1, name="Till", actor=actor, now=at)
        codes.append(issue_code(store=store, actor=actor, now=now()))
    with tenant_scope([chain.organisation_id]):
        plain = Article.objects.filter(unit="PCS", linked_number="", price__gt=0)
        rows = list(plain.values_list("number", "receipt_text", "price", "version", "vat_rate"))
    return {"codes": codes, "articles": rows}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
