"""What the demo does inside the emergency cloud: adopt the chain, and let two persons in who activate together."""

from typing import Any

from butik.lib.clock import now
from butik.simulator.demo.people import APPROVERS

ACTOR = "system"


def adopt(introduction: str, offer: str) -> None:
    from django.core.management import call_command

    call_command("adopt_chain", introduction, "--out", offer)


def hire_approvers(passwords: dict[str, str], second_factors: dict[str, str]) -> None:
    """Each signs in with a password and a code, as everybody must here; the demo knows the secrets, says the codes."""
    from allauth.mfa.totp.internal.auth import TOTP

    from butik.organisation.models import Chain
    from butik.staff.people import give_access

    chain = Chain.objects.get()
    for each in APPROVERS:
        person = give_access(
            email=each.email,
            name=each.name,
            password=passwords[each.email],
            level=each.level,
            organisation_id=chain.organisation_id,
            chain=chain,
            store=None,
            actor=ACTOR,
            now=now(),
        )
        TOTP.activate(person, second_factors[each.email])


VERBS: dict[str, Any] = {"adopt": adopt, "hire_approvers": hire_approvers}
