# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The same contract, whichever platform its SVA is on."""

import unittest
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..client.types import NewUser, Profile
from .common import CPFS, FULL, SvaCase
from .scim import ScimCase, new_canaille


class Killed(BaseException):
    """The process ends, and nothing that it would still have done is done."""


class OnAPlatform:
    """What holds on each of them, seen with the platform's own client.

    A subclass says which integration it is, and how an answer is lost there.
    """

    def _held(self):
        """The one user that the platform has; None where it has none."""
        users = self._users_there()
        self.assertLessEqual(len(users), 1, "created twice")
        return users[0] if users else None

    def assertHeld(self, user, state):
        """Both sides hold the same, as far as the platform tells it."""
        self.assertEqual((user.state, user.sync_state), (state, "synced"))
        self.assertEqual(user.told_state, state, "the customer is told something else")
        held = self._held()
        seen = {"inactive": ("blocked", "disabled")}.get(held.status, (held.status,))
        self.assertIn(state, seen)
        self.assertEqual(user.platform_state, held.status)
        self.assertEqual(
            (held.id, held.username), (user.platform_user_id, user.username)
        )
        self.assertEqual(
            held.profile, Profile(user.name, user.phone, user.package_id.code)
        )

    def _live_user(self):
        user = self._sva_user()
        self._run_engine()
        self.assertHeld(user, "active")
        self.assertEqual(self._held().external_ref, user.external_ref)
        return user

    def _strange_user(self):
        """Somebody of whom the platform knows, and we do not; the user as it is."""
        profile = Profile(
            "Maria S.", "+5511977776666", self._integrated().package_ids[0].code
        )
        stranger = NewUser("theirs", CPFS[0], "maria.silva", profile)
        with self._integrated()._connect() as platform:
            return platform.create_user(stranger, "key-of-theirs")

    def _again(self, row):
        row.next_sync_date = False
        self._run_engine()

    def test_a_contracts_life(self):
        user = self._live_user()
        self.contract.action_block()
        self._run_engine()
        self.assertHeld(user, "blocked")
        self.contract.action_release()
        self._run_engine()
        self.assertHeld(user, "active")
        self._terminate(self.contract._today() - timedelta(days=1))
        self._run_engine()
        self.assertHeld(user, "disabled")
        self.contract.action_reactivate()
        self._run_engine()
        self.assertHeld(user, "active")
        user.action_deactivate()
        self._run_engine()
        self.assertHeld(user, "disabled")
        user.action_activate()
        self._run_engine()
        self.assertHeld(user, "active")
        user.unlink()
        self._run_engine()
        self.assertIsNone(self._held())

    def test_phone_and_password_follow(self):
        user = self._live_user()
        user.write({"phone": "+5511912345678", "password": "Outra-s3nha!"})
        self._run_engine()
        self.assertHeld(user, "active")
        self.assertEqual(self._held().profile.phone, "+5511912345678")
        self.assertFalse(user.has_pending_password)

    def test_an_answer_that_was_lost(self):
        self._lose("createUser")
        user = self._sva_user()
        self._run_engine()
        self.assertEqual((user.sync_state, user.platform_state), ("pending", "unknown"))
        self._again(user)
        self.assertHeld(user, "active")
        self._lose("setUserStatus")
        self.contract.action_block()
        self._run_engine()
        self._again(user)
        self.assertHeld(user, "blocked")
        self._lose("deleteUser")
        user.unlink()
        self._run_engine()
        removal = self.env["sva.user.removal"].search(
            [("integration_id", "=", self._integrated().id)]
        )
        self._again(removal)
        self.assertEqual(removal.sync_state, "synced")
        self.assertIsNone(self._held())

    def test_a_process_that_was_killed(self):
        """… before its first call, and after the last one, of which nobody knows."""
        user = self._sva_user()
        engine = self.env["sva.engine"]
        for dies_late in (False, True):
            claim = engine._claim(self._integrated())
            self.assertTrue(claim)
            self.assertFalse(engine._claim(self._integrated()), "somebody else's")
            if dies_late:
                with (
                    patch.object(type(engine), "_settle", side_effect=Killed) as settle,
                    suppress(Killed),
                ):
                    engine._converge(self._integrated(), claim, 1)
                settle.assert_called_once()
                self.assertTrue(self._held())
            self.assertEqual(user.platform_state, "unknown")
            user.lease_until = fields.Datetime.now() - timedelta(seconds=1)
        self._run_engine()
        # who has gone down with two of them waits a while
        self._again(user)
        self.assertHeld(user, "active")

    def test_who_was_removed_before_the_platform_had_answered(self):
        self._lose("createUser")
        user = self._sva_user()
        self._run_engine()
        self.assertTrue(self._held())
        user.unlink()
        self._run_engine()
        self.assertIsNone(self._held())

    def test_what_differs_is_found_and_put_right(self):
        user = self._live_user()
        with self._integrated()._connect() as platform:
            platform.set_status(user.platform_user_id, "blocked")
            platform.update_user(user.platform_user_id, {"phone": "+5511911111111"})
        self._integrated().action_reconcile()
        self.assertEqual(user.sync_state, "pending")
        self._run_engine()
        self.assertHeld(user, "active")
        with self._integrated()._connect() as platform:
            platform.delete_user(user.platform_user_id)
        self._integrated().action_reconcile()
        self._run_engine()
        self.assertHeld(user, "active")

    def test_who_is_there_already_is_adopted(self):
        stranger = self._strange_user()
        self._integrated().action_reconcile()
        divergence = self.env["sva.divergence"].search(
            [
                ("integration_id", "=", self._integrated().id),
                ("platform_user_id", "=", stranger.id),
            ]
        )
        divergence.contract_id = self.contract
        divergence.action_adopt()
        user = self.contract.sva_user_ids
        self._run_engine()
        self.assertHeld(user, "active")
        self.assertEqual(user.platform_user_id, stranger.id)
        self.contract.action_block()
        self._run_engine()
        self.assertHeld(user, "blocked")

    def test_who_is_somebody_elses_is_linked_by_a_person(self):
        stranger = self._strange_user()
        user = self._sva_user(username="maria.silva")
        self._run_engine()
        if user.sync_state == "pending":
            # a server that fails, and does not say over what: the look-up tells
            self._again(user)
        self.assertEqual(user.sync_state, "failed")
        self.assertEqual(user.conflicting_user_id, stranger.id)
        user.action_link_platform_user()
        self._run_engine()
        self.assertHeld(user, "active")
        self.assertEqual(user.platform_user_id, stranger.id)


@tagged("post_install", "-at_install")
class TestOnSaberPlus(OnAPlatform, SvaCase):
    def _integrated(self):
        return self.integration

    def _users_there(self):
        with self.integration._connect() as platform:
            return platform.page_of_users().items

    def _lose(self, operation):
        self.sandbox.fault(operation, "lost_answer")


@tagged("post_install", "-at_install")
class TestOnScim(OnAPlatform, ScimCase):
    METHODS = {
        "createUser": "POST",
        "setUserStatus": "PATCH",
        "deleteUser": "DELETE",
    }

    def _integrated(self):
        return self.scim

    def _lose(self, operation):
        self.there.faults.append((self.METHODS[operation], "/v2/Users", "lost"))


@tagged("post_install", "-at_install")
@unittest.skipUnless(FULL, "FULL=1: without Odoo it is tried on every run")
class TestOnCanaille(TestOnScim):
    """An identity server that keeps no reference of ours and looks nobody up."""

    @classmethod
    def _server(cls):
        return new_canaille()
