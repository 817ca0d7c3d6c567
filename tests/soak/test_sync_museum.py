"""RT-05's negative control: the simulation finds every bug of the museum."""

import pytest

from tests.simulation.museum import EXHIBITS, Exhibit
from tests.support.figures import Figures

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda exhibit: exhibit.name)
def test_the_simulation_turns_red(exhibit: Exhibit, figures: Figures) -> None:
    for seed in range(100):
        try:
            exhibit.world(seed).run(days=10)
        except AssertionError:
            figures(runs=seed + 1, found_at_seed=seed)
            return
    pytest.fail(f"{exhibit.name} went unseen for 3,000 store-days")
