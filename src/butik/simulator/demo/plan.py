"""Which services a demo has, where they listen and what they are called."""

from dataclasses import dataclass
from pathlib import Path

ORGANISATION = "Nærkøb Demo"
COMPANY, VAT_NUMBER = "Nærkøb Demo ApS", "DK12345674"
CHAIN_NUMBER, CHAIN_NAME = 1, "Nærkøb"
TILLS = 2  # a store: the first is an assistant's, the second waits for you


@dataclass(frozen=True, slots=True)
class Shop:
    """A store of the demo. `key` names its folder."""

    key: str
    number: int
    name: str
    address: str
    offset: int


CHAIN, EMERGENCY = "chain", "emergency"  # keys, and folders; the stores' are their shops'
APP_OFFSET, CHAIN_OFFSET, TERMINAL_OFFSET, EMERGENCY_OFFSET = 0, 10, 30, 40
SHOPS = (
    Shop("store-12", 12, "Havnegade", "Havnegade 12, 8000 Aarhus C", 21),
    Shop("store-27", 27, "Torvet", "Torvet 3, 7100 Vejle", 22),
    Shop("store-31", 31, "Stationen", "Banegårdspladsen 1, 5000 Odense C", 23),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The addresses of one demo."""

    folder: Path
    port_base: int = 8000
    second_factor: bool = True  # whether people need one; tests in a browser that are about something else say no

    @property
    def app_url(self) -> str:
        return self._url(APP_OFFSET)

    @property
    def chain_url(self) -> str:
        return self._url(CHAIN_OFFSET)

    @property
    def terminal_url(self) -> str:
        return self._url(TERMINAL_OFFSET)

    @property
    def emergency_url(self) -> str:
        return self._url(EMERGENCY_OFFSET)

    def shop_url(self, shop: Shop) -> str:
        return self._url(shop.offset)

    @property
    def ports(self) -> dict[int, str]:
        """Port to what listens on it."""
        return {
            self.port_base + APP_OFFSET: "POS app",
            self.port_base + CHAIN_OFFSET: "chain service",
            **{self.port_base + shop.offset: f"store {shop.number} {shop.name}" for shop in SHOPS},
            self.port_base + TERMINAL_OFFSET: "card terminal",
            self.port_base + EMERGENCY_OFFSET: "emergency cloud",
        }

    def environment(self, key: str) -> dict[str, str]:
        """The settings of a service: nothing of ours but what is named here."""
        shop = next((shop for shop in SHOPS if shop.key == key), None)
        given = {} if self.second_factor else {"BUTIK_SECOND_FACTOR": "no"}
        given |= {"BUTIK_DATA": str(self.folder / key), "BUTIK_POS_ORIGIN": self.app_url}
        if key == EMERGENCY:
            return given | {"BUTIK_ROLE": "emergency", "BUTIK_URL": self.emergency_url}
        return given | {
            "BUTIK_ROLE": "store" if shop else "chain",
            "BUTIK_URL": self.shop_url(shop) if shop else self.chain_url,
            "BUTIK_TERMINAL_URL": self.terminal_url,
        }

    def _url(self, offset: int) -> str:
        return f"http://localhost:{self.port_base + offset}"
