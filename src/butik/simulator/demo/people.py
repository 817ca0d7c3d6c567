"""Who works in the demo. Passwords and PINs are made for each demo anew (`folder.py`)."""

from dataclasses import dataclass

from butik.simulator.demo.plan import SHOPS


@dataclass(frozen=True, slots=True)
class Employee:
    email: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class Assistant:
    number: str
    name: str
    role: str


ADMINISTRATOR = Employee("alice@demo.example", "Alice Holm", "CHAIN_ADMINISTRATOR")
# At the emergency cloud, which has its own people: they are known nowhere else. One asks, the other confirms.
APPROVERS = (
    Employee("vera@emergency.example", "Vera Storm", "CHAIN_ADMINISTRATOR"),
    Employee("nils@emergency.example", "Nils Falk", "CHAIN_ADMINISTRATOR"),
)
ASSISTANTS = (
    Assistant("101", "Maja", "OPERATOR"),
    Assistant("102", "Jonas", "SALESPERSON"),
    Assistant("103", "Signe", "SALESPERSON"),
)
_MANAGERS = ("Bob Lund", "Freja Dam", "Karl Krogh")


def managers() -> list[Employee]:
    """One a store, in the order of the stores; each signs in at her own store service."""
    return [
        Employee(f"{name.split()[0].lower()}@demo.example", name, "STORE_MANAGER")
        for name, _ in zip(_MANAGERS, SHOPS, strict=True)
    ]
