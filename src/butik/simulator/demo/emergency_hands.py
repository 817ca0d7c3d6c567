"""What the demo does inside the emergency cloud: adopt the chain, and let one person in who may activate."""

from typing import Any

from butik.lib.clock import now
from butik.simulator.demo.people import ACTIVATOR

ACTOR = "system"


def adopt(introduction: str, offer: str) -> None:
    from django.core.management import call_command

    call_command("adopt_chain", introduction, "--out", offer)


def hire_activator(password: str, second_factor: str) -> None:
    """She signs in with a password and a code, as everybody must here; the demo knows her secret and says the code."""
    from allauth.mfa.totp.internal.auth import TOTP

    from butik.organisation.models import Chain
    from butik.staff.people import give_access

    chain = Chain.objects.get()
    person = give_access(
        email=ACTIVATOR.email,
        name=ACTIVATOR.name,
        password=password,
        level=ACTIVATOR.level,
        organisation_id=chain.organisation_id,
        chain=chain,
        store=None,
        actor=ACTOR,
        now=now(),
    )
    TOTP.activate(person, second_factor)


VERBS: dict[str, Any] = {"adopt": adopt, "hire_activator": hire_activator}
