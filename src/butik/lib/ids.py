"""Identity is made where a thing happens: UUIDv7, a key for ever, never an order (truths 2 and 7)."""

import os
import time
import uuid


def new_id() -> uuid.UUID:
    """Make a UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return uuid.UUID(int=value)


def new_hex_ids(count: int) -> list[str]:
    """Make many UUIDv7 at once, as hexadecimal digits: what bulk writes hand to either database."""
    prefix = f"{time.time_ns() // 1_000_000:012x}7"
    random = os.urandom(10 * count).hex()
    return [
        f"{prefix}{random[at : at + 3]}{'89ab'[int(random[at + 3], 16) & 3]}{random[at + 4 : at + 19]}"
        for at in range(0, 20 * count, 20)
    ]
