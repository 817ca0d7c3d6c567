"""`butik`: Django's commands and our own, with the settings in place."""

import os
import sys
from importlib import import_module

# What runs without a service's settings, or before Django: verb to module and function.
VERBS = {
    "backup": ("butik.serving.backup", "backup"),
    "backup_key": ("butik.serving.backup", "backup_key"),
    "demo": ("butik.simulator.demo.command", "demo"),
    "generate_articles": ("butik.simulator.catalogue", "generate_articles"),
    "restore": ("butik.serving.restore", "restore"),
    "serve": ("butik.serving.service", "serve"),
    "serve_pos_app": ("butik.serving.pos_app", "serve_pos_app"),
    "simulate_terminal": ("butik.simulator.terminal", "simulate_terminal"),
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb in VERBS:
        module, function = VERBS[verb]
        sys.exit(getattr(import_module(module), function)(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
