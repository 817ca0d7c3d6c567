"""What a figure is, how rounds are interleaved, and how the outcome is shown."""

import json
import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the outcome. Without a floor, `ours` itself is held against the goal."""

    name: str
    ours: float
    goal: float
    unit: str
    floor: float | None = None
    at_least: bool = False  # the goal is a lower bound
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.floor if self.floor else self.ours

    @property
    def is_ok(self) -> bool:
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal

    def line(self) -> str:
        bound = "≥" if self.at_least else "≤"
        by = " x" if self.floor is not None else ""
        floor = f"{self.floor:>10.4g}" if self.floor is not None else " " * 10
        verdict = "ok" if self.is_ok else "SHORT"
        return (
            f"{self.name:<46}{self.ours:>10.4g}{floor} {self.unit:<8}{self.ratio:>8.3g}{by:<2}"
            f" {bound}{self.goal:<5g} {verdict:<6}{self.note}"
        )


HEADING = f"{'figure':<46}{'ours':>10}{'floor':>10} {'unit':<8}{'ratio':>10}  goal  verdict"


Values = dict[str, float]


def interleave(sides: Mapping[str, Callable[[], Values]], rounds: int = ROUNDS) -> dict[str, Values]:
    """Run each side once a round, in turn, and return each side's median of each of its values."""
    seen: dict[str, list[Values]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, measure in sides.items():
            seen[name].append(measure())
    return {
        name: {key: statistics.median(each[key] for each in runs) for key in runs[0]} for name, runs in seen.items()
    }


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def write_json(figures: list[Figure], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(each) | {"ratio": each.ratio, "ok": each.is_ok} for each in figures]
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
