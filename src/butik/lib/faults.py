"""Whose fault an error is: it decides whether the same thing can be tried again later, by itself or not at all."""

from django.db import DataError, Error, IntegrityError

from butik.lib.outside import BadDocument
from butik.lib.problems import Problem
from butik.lib.tenant import AnothersRow


def is_of_machine(error: BaseException) -> bool:
    """The database, the disk, the memory: nothing can be said of what was being done, and it is done again later."""
    if isinstance(error, DataError | IntegrityError):
        return False
    return isinstance(error, Error | OSError | MemoryError)


def is_of_content(error: BaseException) -> bool:
    """What came cannot be taken, and could not be the next time. Anything else is a fault of this software."""
    return isinstance(
        error, BadDocument | AnothersRow | Problem | DataError | IntegrityError | ValueError | OverflowError
    )
