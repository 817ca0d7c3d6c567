"""Which pairing with an emergency cloud a store holds from now on. Pure but for the log.

What does not convince never stops the feed: the store keeps what it has pinned, and says so in its error log.
"""

import logging

from butik.lib.signing import BadDocument
from butik.organisation.pairing import read_pairing

logger = logging.getLogger(__name__)


def keep_pairing(told: str, *, held: str, root_key: bytes, chain: tuple[str, str]) -> str:
    """The document to hold: the chain's newest, if the chain's root says so and the emergency cloud's root is the same.

    Another root is refused for good; an older version, and a chain that has forgotten its pairing, change nothing.
    `chain`: the ids of the organisation and the chain.
    """
    if not told or told == held:
        return held
    try:
        new = read_pairing(told, root_key)
    except BadDocument as error:
        logger.error("The chain tells of an emergency cloud, but not by its root (%s): not taken", error)
        return held
    if (str(new.org), str(new.chain)) != chain:
        logger.error("The chain tells of another chain's emergency cloud: not taken")
        return held
    if not held:
        return told
    pinned = read_pairing(held, root_key)
    if pinned.key != new.key:
        logger.error("The chain tells of another emergency cloud than the one that was pinned: not taken")
        return held
    return told if new.version > pinned.version else held
