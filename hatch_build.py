"""What hatchling asks of the project while it packs it: the dependencies, and whatever must be built first.

A user's wheel holds the POS app, the pages' assets and the compiled translations, so that nobody needs Node.js to run
Butik. What `make` has built is taken as it is; only what is missing is built here.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

FRONT_END = ("src/butik/pos_app/index.html", "src/butik/static/vendor/icons.svg")


class Dependencies(MetadataHookInterface):
    """The wheel's dependencies are the very lines that the lock is made from."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        lines = (Path(self.root) / "requirements" / "runtime.in").read_text().splitlines()
        metadata["dependencies"] = [line for line in lines if line and not line.startswith("#")]


class MissingParts(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":  # a checkout builds its parts by `make`, when they change
            return
        tools = Path(self.root) / "tools"
        if not all((Path(self.root) / part).is_file() for part in FRONT_END):
            subprocess.run([sys.executable, tools / "npm.py", "ci"], check=True)
            subprocess.run([sys.executable, tools / "npm.py", "run", "build", "--workspaces"], check=True)
        subprocess.run([sys.executable, tools / "messages.py", "compile"], check=True)
