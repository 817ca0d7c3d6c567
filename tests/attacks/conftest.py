"""Two tenants, filled to the brim: one is attacked, the other may be who attacks."""

from tests.tenants.conftest import ours as ours
from tests.tenants.conftest import theirs as theirs
