"""What becomes of a crowd whose Odoo is killed while it is worked on."""

import os
import random
import time
from collections import Counter
from contextlib import suppress

from .crowd import Crowd
from .provider import XmlRpc, eventually

#: changes the moments of the crashes, and whom they hit
SEED = 20260131


class Trouble:
    """What people do to a crowd while it is being worked on."""

    def __init__(self, crowd: Crowd):
        self.crowd = crowd
        self.chance = random.Random(SEED)
        self.blocked: set[int] = set()
        self.deleted: set[str] = set()

    def block(self, call: XmlRpc, count: int) -> None:
        """Block contracts of users that the platform has.

        One that it does not have yet would not be created any more.
        """
        known = self.crowd.rows(
            "contract_id", "state = 'active' AND platform_user_id IS NOT NULL"
        )
        picked = self.chance.sample(known, min(count, len(known)))
        ids = [contract for (contract,) in picked]
        if ids:
            call("contract.contract", "action_block", ids)
        self.blocked.update(ids)

    def new_phone(self, call: XmlRpc) -> None:
        """Give an SVA user another phone; the platform may know it or not."""
        [row] = self.chance.choice(self.crowd.rows("id"))
        phone = f"+55119{self.chance.randrange(10**8):08d}"
        call("sva.user", "write", [row], {"phone": phone})

    def delete(self, call: XmlRpc) -> None:
        """Delete an SVA user; one that is being worked on, if any."""
        rows = self.crowd.rows("id, cpf_cnpj", "lease_token IS NOT NULL")
        row, cpf = self.chance.choice(rows or self.crowd.rows("id, cpf_cnpj"))
        call("sva.user", "unlink", [row])
        self.deleted.add(cpf)


def start_working(crowd: Crowd, call: XmlRpc, trouble: Trouble) -> None:
    """Give the engine a reason to run, and wait until it has taken something.

    After three crashes in a row without progress, Odoo's scheduler sits one run out;
    the next change wakes it again. With the job queue, several jobs may have taken all
    of a small crowd, and left it for half a minute.
    """
    before = crowd.claims()
    for _attempt in range(15 if os.environ.get("QUEUE") else 6):
        trouble.new_phone(call)
        with suppress(AssertionError):
            eventually(lambda: crowd.claims() - before, 3)
            return
    raise AssertionError(f"the engine does not start (seed {SEED})")


def survive(crowd: Crowd, crashes: int, users: int) -> None:
    """Kill Odoo again and again in the middle of work; all is well in the end.

    :param crowd: so many users, and one more for each crash
    """
    trouble = Trouble(crowd)
    about = f"seed {SEED}"
    # few users for long: what costs is each of them, and not the time
    crowd.slow_down(0.25)
    left = [crowd.left()]
    cut_short = 0
    with crowd.server() as server:
        for crash in range(crashes):
            call = XmlRpc(server, "admin")
            before = crowd.claims()
            start_working(crowd, call, trouble)
            trouble.delete(call)
            if crash % 2:  # however slow the machine is
                # the fewer crashes, the more of what is asked for in the end; rows of
                # the last crash are free after a lease, and looked for each minute
                wanted = left[-1] - users // min(15, 2 * crashes - 1)
                eventually(lambda wanted=wanted: crowd.left() < wanted, 120)
            trouble.block(call, 5 if crash else 0)
            time.sleep(trouble.chance.uniform(0, 1.6))
            server.kill()
            left.append(crowd.left())
            assert left[-1], f"nothing left to crash in: {left}, {about}"
            cut_short += bool(crowd.claims() - before)
            if crash == crashes - 1:
                crowd.speed_up()
            server.start()
        assert cut_short >= crashes / 2, f"{cut_short} crashes hit work, {about}"
        assert left[0] - left[-1] > users / 7, (
            f"no progress in between: {left}, {about}"
        )
        crowd.finish(server)
    crowd.check(about)
    held = crowd.platform.users()
    assert len(held) == users, about
    assert len(trouble.deleted) == crashes, about
    assert not trouble.deleted & held.keys(), about
    statuses = Counter(user["status"] for user in held.values())
    deleted = len(trouble.blocked) - statuses["blocked"]
    assert len(trouble.blocked) >= crashes and 0 <= deleted <= crashes, about
