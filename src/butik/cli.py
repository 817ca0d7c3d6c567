"""`butik`: Django's commands and our own, with the settings in place."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
