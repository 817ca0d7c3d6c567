"""What the two languages must agree on, written from Python into TypeScript.

python tools/bounds.py            write pos/src/shop/bounds.ts from src/butik/lib/bounds.py
python tools/bounds.py --check    fail when it is not what it would write
"""

import json
import sys
from pathlib import Path
from typing import Any

from butik.lib import bounds

TARGET = Path(__file__).resolve().parent.parent / "pos" / "src" / "shop" / "bounds.ts"
HEAD = """\
/** Every bound of what a device signs. Written by tools/bounds.py from src/butik/lib/bounds.py: change them there. */
"""


def rendered() -> str:
    rows = [_row(name, value) for name, value in vars(bounds).items() if name.isupper()]
    return HEAD + "\n" + "\n".join(rows) + "\n"


def _row(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        listed = ", ".join(_literal(each) for each in value)
        return f"export const {name} = [{listed}] as const;"
    return f"export const {name} = {_literal(value)};"


def _literal(value: str | int) -> str:
    if isinstance(value, int):
        if abs(value) > bounds.MAX_SAFE:
            raise ValueError(f"{value} is more than a browser holds exactly")
        return f"{value:_}"
    text = json.dumps(value)[1:-1].replace("'", "\\'")
    return f"'{text}'"


def main() -> int:
    text = rendered()
    if sys.argv[1:] == ["--check"]:
        if TARGET.exists() and TARGET.read_text() == text:
            return 0
        print(f"{TARGET.name} is not what lib/bounds.py says: run `python tools/bounds.py` and commit it.")
        return 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
