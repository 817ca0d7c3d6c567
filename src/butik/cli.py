"""`butik`: Django's commands and our own, with the settings in place."""

import os
import sys
from importlib import import_module

# What runs without a service's settings, or before Django: verb to module and function.
VERBS = {
    "backup": ("butik.serving.backup", "backup"),
    "backup_key": ("butik.serving.backup", "backup_key"),
    "demo": ("butik.simulator.demo.command", "demo"),
    "found_service": ("butik.serving.founding", "found_service"),
    "generate_articles": ("butik.simulator.catalogue", "generate_articles"),
    "restore": ("butik.serving.restore", "restore"),
    "serve": ("butik.serving.service", "serve"),
    "serve_pos_app": ("butik.serving.pos_app", "serve_pos_app"),
    "simulate_terminal": ("butik.simulator.terminal", "simulate_terminal"),
}

# What needs no service: it looks at the program, or at a file that it is given.
WITHOUT_SERVICE = frozenset(
    {"", "help", "version", "check", "makemessages", "compilemessages", "makemigrations", "collectstatic",
     "findstatic", "diffsettings", "export_openapi", "certify_store"}
)  # fmt: skip


def main() -> None:
    os.umask(0o077)  # whatever a command makes is ours alone: databases, keys, archives, logs
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb in VERBS:
        module, function = VERBS[verb]
        sys.exit(getattr(import_module(module), function)(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    words = with_values(sys.argv)
    if verb in WITHOUT_SERVICE or verb.startswith("-") or {"-h", "--help"} & set(words):
        execute_from_command_line(words)
        return
    from butik.serving.founding import in_sentences, need_service

    in_sentences(need_service)
    in_sentences(lambda: execute_from_command_line(words))


def with_values(words: list[str]) -> list[str]:
    """The words of a command of Django's, its values as they were meant (`lib/command_line.py`)."""
    import django
    from django.core.management import get_commands, load_command_class

    from butik.lib.command_line import join_values

    if len(words) < 3 or words[1].startswith("-"):
        return words
    django.setup()
    app = get_commands().get(words[1])
    if app is None:
        return words
    command = load_command_class(app, words[1])
    return [*words[:2], *join_values(command.create_parser(words[0], words[1]), words[2:])]
