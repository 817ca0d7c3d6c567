"""Butik's own settings, for tests: every app in one process, and a data folder that is thrown away."""

import os
import tempfile

# `tests/support/databases.py` makes the folder and throws it away; mypy, which reads these settings too, does neither.
_data = f"{tempfile.gettempdir()}/butik-test-{os.getpid()}"
os.environ |= {
    "BUTIK_ROLE": "test",
    "BUTIK_DATA": _data,
    "BUTIK_SECRET_KEY": "only for tests",
    "BUTIK_DATABASE_URL": "",
    "BUTIK_SECOND_FACTOR": "no",  # tests of it say yes
}

from butik.settings import *  # noqa: E402, F403 - the environment must be there first

IS_ON_POSTGRES = os.environ.get("BUTIK_TEST_DATABASE", "sqlite") == "postgres"
if IS_ON_POSTGRES:
    # `tests/conftest.py` starts a server and fills in where it is.
    DATABASES["default"] = {  # noqa: F405
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "butik",
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
else:
    # A file, as a service has it. In memory, threads would share a cache, and one that reads would be refused while
    # another writes, which no service ever sees.
    DATABASES["default"]["TEST"] = {"NAME": f"{_data}/test.sqlite3"}  # noqa: F405
    DATABASES["default"]["OPTIONS"] |= {"must_exist": False}  # noqa: F405
# The real one is slow on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# No thread may write into a database that a test is about to roll back; tests of the error log ask for it.
LOGGING["handlers"]["error_log"]["writes"] = False  # noqa: F405
