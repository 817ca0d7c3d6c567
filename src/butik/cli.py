"""`butik`: Django's commands and our own, with the settings in place."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb == "serve":
        from butik.serving.service import serve

        sys.exit(serve(sys.argv[2:]))
    if verb == "serve_pos_app":
        from butik.serving.pos_app import serve_pos_app

        sys.exit(serve_pos_app(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
