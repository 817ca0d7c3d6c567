"""Set up a store service that stands alone, with a generated catalogue and tills; print an enrolment code for each.

Run with the store's settings. Everything by the service's own actions and commands.
"""

import json
import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path


def main(articles: Path, tills: int) -> list[str]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from butik.lib.clock import now
    from butik.organisation.actions import add_pos, found_chain, found_organisation, issue_code, open_store
    from butik.organisation.installation import install_store
    from butik.organisation.keys import issue_certificate, root_public_key, service_key
    from butik.serving.founding import found
    from butik.staff.actions import add_assistant
    from butik.staff.pins import make_pin_verifier

    assert found(owner_url=os.environ.get("BUTIK_OWNER_DATABASE_URL", "")) == 0
    at, actor = now(), "system"
    company = found_organisation(name="Bench", company="Bench ApS", vat_number="DK12345674", actor=actor, now=at)
    chain = found_chain(company=company, number=1, name="Bench", actor=actor, now=at)
    store = open_store(chain=chain, number=1, name="Bench", actor=actor, now=at)
    certificate = issue_certificate(store=store, key=service_key().public, now=at)
    install_store(store=store, root_key=root_public_key(chain), certificate=certificate)
    pin = make_pin_verifier("471108")
    add_assistant(store=store, number="101", name="Maja", role="OPERATOR", pin=pin, actor=actor, now=at)
    with redirect_stdout(StringIO()):
        call_command("import_articles", str(articles), "--chain", "1")
    poss = [
        add_pos(store=store, number=number, name=f"Till {number}", actor=actor, now=at)
        for number in range(1, tills + 1)
    ]
    return [issue_code(store=store, pos=pos, actor=actor, now=now()) for pos in poss]


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
