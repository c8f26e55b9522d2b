"""Odoo is killed while it works on users of SCIM servers that others wrote."""

import pytest

from ..support import scim
from ..support.cases import FULL
from ..support.crashes import survive
from ..support.crowd import Crowd
from ..support.scim_platform import ScimPlatform

# the same engine's, with other calls; these are tried by tests/engine on every run
pytestmark = pytest.mark.skipif(not FULL, reason="FULL=1 kills it on SCIM servers, too")

#: on each server; Canaille looks nobody up: with each user, all are read
CRASHES = {"scim2_server": 6, "canaille_server": 2}
#: for each crash, more than a batch has: what one has left waits a while
USERS = 60


@pytest.fixture
def scim2_server():
    with scim.running() as server:
        yield server
    assert not server.invalid


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", CRASHES)
def test_users_survive_crashes(request, databases, copy, name):
    platform = ScimPlatform(request.getfixturevalue(name))
    crashes, users = CRASHES[name], CRASHES[name] * USERS
    with copy("crash") as database:
        crowd = Crowd.gather(databases.odoo, database, platform, users + crashes)
        survive(crowd, crashes, users)
