# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Half a day at a provider's: business goes on, and at random everything goes wrong.

Whoever is on call does what docs/operations.md says. In the end both sides hold the
same; each incident was heard of once, and of nothing else.
"""

import logging
import random
import uuid
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from .. import vault
from ..engine.converge import converge_user
from ..models.sva_integration import INCIDENT
from ..models.sva_integration_watch import ACTIONS
from ..models.sva_reconciliation_approval import ASKS
from .common import FULL, SvaCase, cpfs

#: changes whom it hits, and when
SEED = 20261127
TURN = timedelta(minutes=5)
HOURS = 48 if FULL else 4
TURNS = HOURS * 60 // 5
CUSTOMERS = 12
OURS = "odoo.addons.saber_plus_sva"

#: what ends by itself, or is tried again, and is no incident
HICCUPS = (
    {"kind": "lost_answer"},
    {"kind": "reset", "when": "before"},
    {"kind": "status", "status": 503, "when": "before"},
    {"kind": "rate_limited", "retry_after": 9},
    {"kind": "truncated"},
)
#: for as long as an outage lasts, on every call
OUTAGES = (
    {"kind": "status", "status": 503},
    {"kind": "reset", "when": "before"},
    {"kind": "malformed"},
)


@tagged("post_install", "-at_install")
class TestHalfADay(SvaCase):
    def setUp(self):
        super().setUp()
        others = self.env["sva.integration"].search([("id", "!=", self.integration.id)])
        others.active = False
        # it pays for an SVA that it has no user of
        self.contract.action_withdraw()
        self.chance = random.Random(SEED)
        self.numbers = cpfs(CUSTOMERS + TURNS)
        #: what each customer has bought, by CPF: the state, and the phone
        self.truth = {}
        #: the activities that there have been, by the xml ids of their kinds
        self.heard = {name: set() for name in (INCIDENT, ASKS, *ACTIONS.values())}
        self.happened = Counter()
        self.clock = self.enterContext(freeze_time("2026-03-02 11:00:00"))
        for cron in self._watched().values():
            cron.last_success = fields.Datetime.now()
        for _number in range(CUSTOMERS):
            self._a_new_customer()
        self._run_engine()

    # business

    def _users(self, **truth):
        """Random order, so that the first ones are whom it hits."""
        known = [
            cpf
            for cpf, (state, _phone) in self.truth.items()
            if truth.get("state", state) == state
        ]
        self.chance.shuffle(known)
        return [self.env["sva.user"].search([("cpf_cnpj", "=", cpf)]) for cpf in known]

    def _a_new_customer(self):
        cpf = next(self.numbers)
        user = self._sva_user(self._contract(self._customer(f"Cliente {cpf}", cpf)))
        self.truth[cpf] = ("active", user.phone)

    def _somebody_is_blocked(self):
        for user in self._users(state="active")[:1]:
            self._set(user, "blocked")

    def _somebody_is_released(self):
        for user in self._users(state="blocked")[:1]:
            self._set(user, "active")

    def _a_new_phone(self):
        for user in self._users()[:1]:
            user.phone = f"+55119{self.chance.randrange(10**8):08d}"
            self.truth[user.cpf_cnpj] = (user.state, user.phone)

    def _somebody_leaves(self):
        for user in self._users()[:1]:
            del self.truth[user.cpf_cnpj]
            self._leaves(user)

    def _leaves(self, user):
        contract = user.contract_id
        user.unlink()
        contract.action_withdraw()

    def _set(self, user, state):
        contract = user.contract_id
        if state == "blocked":
            contract.action_block()
        else:
            contract.action_release()
        self.truth[user.cpf_cnpj] = (state, user.phone)

    def _business(self, newcomers=True):
        steps = [
            self._somebody_is_blocked,
            self._somebody_is_released,
            self._a_new_phone,
            *([self._a_new_customer] if newcomers else []),
            *([self._somebody_leaves] if len(self.truth) > CUSTOMERS // 2 else []),
        ]
        for step in self.chance.sample(steps, 2):
            step()

    # operation

    def _watched(self):
        return self.env["ir.cron"]._sva_watched()

    def _turn(self, **business):
        """Five minutes: business, the scheduled actions, and what people are told."""
        self._business(**business)
        self._run_engine()
        self.env["sva.reconciliation"]._cron_go_on()
        # what drives them writes down that they came to their end
        for cron in self._watched().values():
            if cron.active:
                cron.last_success = fields.Datetime.now()
        self.env["sva.integration"]._cron_watch()
        self._run_engine()
        self._listen()
        self.clock.tick(TURN)

    def _listen(self):
        for kind, heard in self.heard.items():
            heard.update(self.integration.activity_search([kind]).ids)

    def _quiet(self):
        """Wait until nothing is claimed or put off any more."""
        for _turn in range(4):
            self._run_engine()
            self.clock.tick(TURN)
        self._listen()

    @contextmanager
    def _incident(self, kind):
        """What is heard of once, and is closed when it is over."""
        before = len(self.heard[kind])
        assert not self.integration.activity_search([kind])
        yield
        self._listen()
        self.assertEqual(len(self.heard[kind]), before + 1, kind)
        self.clock.tick(TURN)
        self._turn()
        self.assertFalse(self.integration.activity_search([kind]), kind)

    # what goes wrong

    def an_outage(self):
        with self._incident(INCIDENT):
            self.sandbox.fault("*", times=None, **self.chance.choice(OUTAGES))
            for _turn in range(self.chance.randint(2, 9)):
                self._turn()
            self.sandbox.mend()
            # it is asked again by itself
            self.clock.tick(TURN)
            self._turn()
            self.assertEqual(self.integration.connection_state, "connected")
        return "pause"

    def a_suspended_account(self):
        with self._incident(INCIDENT):
            self.sandbox.suspend()
            for _turn in range(self.chance.randint(2, 4)):
                self._turn()
            self.sandbox.suspend("active")
            self._turn()
            self.assertEqual(self.integration.connection_state, "unauthorized")
            self.integration.action_test_connection()
        return "pause"

    def a_lost_key(self):
        environment = patch.dict("os.environ", {vault.KEYS_VARIABLE: ""})
        lost = patch.object(vault, "_key_file", lambda: Path("/nonexistent/key"))
        with self._incident(INCIDENT):
            with environment, lost:
                self.sandbox.forget()
                for _turn in range(3):
                    self._turn()
                self.assertEqual(self.sandbox.operations(), [])
            self._turn()
        return "pause"

    def a_scheduled_action_that_is_switched_off(self):
        kind = ACTIONS["action_off"]
        with self._incident(kind):
            cron = self._watched()["saber_plus_sva.cron_reconcile"]
            cron.active = False
            self._turn()
            self._turn()
            cron.active = True

    def a_pause(self):
        """A manager stops it, and knows why."""
        self.integration.action_pause("A plataforma muda de lugar")
        self.sandbox.forget()
        for _turn in range(3):
            self._turn()
        self.assertEqual(self.sandbox.operations(), [])
        self.integration.action_resume()

    def a_hiccup(self):
        for operation in ("createUser", "updateUser", "setUserStatus", "deleteUser"):
            self.sandbox.fault(operation, times=1, **self.chance.choice(HICCUPS))
        self._turn()
        self.sandbox.mend()
        self._turn()

    def a_kill(self):
        """A process dies in the middle, perhaps after its calls."""
        self._business()
        self.env.flush_all()
        claim = self.env["sva.engine"]._claim(self.integration)
        if claim and self.chance.random() < 0.5:
            with self.integration._connect() as platform:
                for task in claim.tasks:
                    converge_user(platform, task)
        self.env.invalidate_all()
        self._turn()
        self._turn()

    def a_deployment(self):
        """Odoo is stopped while it works, and comes back with all loaded anew."""
        self.env.flush_all()
        self.env["sva.engine"]._claim(self.integration)
        self.clock.tick(TURN * 2)
        self.env.invalidate_all()
        self.registry.clear_all_caches()
        self._turn()

    def the_night(self):
        self.env["sva.reconciliation"]._cron_reconcile()
        self._turn()
        self.assertNotEqual(self.integration.reconciliation_id.state, "failed")

    def the_platform_is_restored(self):
        self._quiet()
        backup = self.sandbox.users()
        for _turn in range(3):
            self._turn(newcomers=False)
        self._quiet()
        held = self.sandbox.users()
        for cpf, user in backup.items():
            values = {name: user[name] for name in ("status", "phone")}
            if cpf in held:
                self.sandbox.put_user(held[cpf]["id"], **values)
                continue
            names = ("name", "username", "package_code", "external_ref")
            back = self.sandbox.add_user(
                cpf=cpf, **{name: user[name] for name in names}, **values
            )
            # a platform gives it its old number
            self.env["sva.user.removal"].search(
                [("external_ref", "=", user["external_ref"])]
            ).platform_user_id = back["id"]
        self.integration.action_reconcile_and_ask()
        self._decide("action_apply")

    def our_database_is_restored(self):
        self._quiet()
        self.env.flush_all()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        savepoint = self.env.cr._cursor  # nested in nothing that a commit releases
        savepoint.execute("SAVEPOINT backup")
        for _turn in range(3):
            self._turn(newcomers=False)
        self._quiet()
        self.env.cr.rollback()
        savepoint.execute("ROLLBACK TO SAVEPOINT backup")
        self.env.invalidate_all(flush=False)
        self.registry.clear_all_caches()
        for cron in self._watched().values():
            cron.last_success = fields.Datetime.now()
        # a copy makes no call, until a manager says that it is the real one
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("database.uuid", str(uuid.uuid4()))
        self.sandbox.forget()
        self.assertTrue(self.integration.is_elsewhere)
        self.integration.action_confirm_database()
        self.integration.action_reconcile_and_ask()
        changed = {*self.sandbox.operations()} - {"listUsers", "getAccount"}
        self.assertFalse(changed)
        if self.integration.reconciliation_id.state == "waiting":
            self._listen()
            self.integration.reconciliation_id.action_discard()
        # the front desk does again what it has done since the backup
        for user in self._users_of_ours():
            state, phone = self.truth.get(user.cpf_cnpj, (None, None))
            if not state:
                self._leaves(user)
                continue
            if user.state != state:
                self._set(user, state)
            user.phone = phone
            self.truth[user.cpf_cnpj] = (state, phone)
        self._quiet()
        self.integration.action_reconcile_and_ask()
        self._decide("action_apply")

    def _users_of_ours(self):
        return self.env["sva.user"].search(
            [("integration_id", "=", self.integration.id)]
        )

    def _decide(self, button):
        """A manager looks at what a comparison would change, and decides."""
        self._listen()
        run = self.integration.reconciliation_id
        if run.state == "waiting":
            getattr(run, button)()
        self._turn()
        self._quiet()
        self.assertFalse(self.integration.activity_search([ASKS]))

    # what must hold

    def _check(self):
        held = self.sandbox.users()
        self.assertEqual(
            {cpf: (user["status"], user["phone"]) for cpf, user in held.items()},
            self.truth,
        )
        rows = self._users_of_ours()
        self.assertEqual(
            {user.cpf_cnpj: (user.state, user.phone) for user in rows}, self.truth
        )
        removals = self.env["sva.user.removal"].search(
            [("integration_id", "=", self.integration.id)]
        )
        for row in [*rows, *removals]:
            self.assertEqual((row.sync_state, row.kill_count), ("synced", 0), row)
        activities = self.integration.activity_ids | rows.activity_ids
        self.assertEqual(activities.mapped("summary"), [])

    def test_half_a_day(self):
        troubles = [
            self.an_outage,
            self.a_suspended_account,
            self.a_lost_key,
            self.a_scheduled_action_that_is_switched_off,
            self.a_pause,
            self.a_hiccup,
            self.a_kill,
            self.a_deployment,
            self.the_night,
            self.the_platform_is_restored,
            self.our_database_is_restored,
        ]
        end = fields.Datetime.now() + timedelta(hours=HOURS)
        pauses = 0
        with self.assertLogs(OURS, logging.WARNING) as log:
            while fields.Datetime.now() < end:
                # each at least once, in an order of chance
                self.chance.shuffle(troubles)
                for trouble in troubles:
                    for _turn in range(self.chance.randint(0, 3)):
                        self._turn()
                    pauses += trouble() == "pause"
                    self.happened[trouble.__name__] += 1
            self._quiet()
        about = (SEED, self.happened)
        self._check()
        incidents = {kind: len(heard) for kind, heard in self.heard.items()}
        switched_off = self.happened["a_scheduled_action_that_is_switched_off"]
        self.assertEqual(incidents[INCIDENT], pauses, about)
        self.assertEqual(incidents[ACTIONS["action_off"]], switched_off, about)
        self.assertEqual(incidents[ACTIONS["action_late"]], 0, about)
        restores = (
            self.happened["the_platform_is_restored"]
            + 2 * self.happened["our_database_is_restored"]
        )
        self.assertLessEqual(incidents[ASKS], restores, about)
        lines = [record.getMessage() for record in log.records]
        stops = [
            line
            for line in lines
            # what the platform asks for is no incident
            if "no calls are made" in line and "(rate_limited)" not in line
        ]
        self.assertEqual(len(stops), pauses, stops)
        errors = [r.getMessage() for r in log.records if r.levelno > logging.WARNING]
        self.assertEqual(errors, [])
