# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who is told of changes, and how often; what bulk work writes down."""

import json
import time
from types import SimpleNamespace
from unittest.mock import patch

from odoo.tests import tagged

from ..models import sva_live
from .common import SvaCase, cpfs


@tagged("post_install", "-at_install")
class TestLive(SvaCase):
    def setUp(self):
        super().setUp()
        # tests are not tracked, unless they want to be
        self.env = self.env(context={})
        sva_live._untold.clear()
        sva_live._told_at.clear()
        self.env["bus.bus"].search([]).unlink()

    def _many(self, count):
        users = self._sva_users(cpfs(count))
        self.env.cr.commit()  # pylint: disable=invalid-commit
        return users

    def _messages(self):
        """What the bus has told of SVA users: the channels, and the messages."""
        self.env.cr.precommit.run()
        told = []
        for row in self.env["bus.bus"].search([]):
            message = json.loads(row.message)
            if message["type"] == "saber_plus_sva/changed":
                told.append((json.loads(row.channel), message["payload"]))
        return told

    def test_many_batches_are_told_once_a_second(self):
        users = self._many(12)
        # all of it happens within one second, however slow this machine is
        clock = SimpleNamespace(monotonic=lambda: 1000.0)
        with (
            patch("odoo.addons.saber_plus_sva.models.sva_live.time", clock),
            patch.object(type(self.env["sva.engine"]), "_run_batch", self._small()),
        ):
            self._run_engine()
        messages = self._messages()
        self.assertEqual(len(messages), 2, "the first batch, and the rest")
        told = [id_ for _channel, message in messages for id_ in message["user_ids"]]
        self.assertEqual(sorted(told), sorted(users.ids))
        group = self.env.ref("saber_plus_sva.group_sva_user")
        for channel, _message in messages:
            self.assertEqual(
                channel[1:], ["res.groups", group.id, "saber_plus_sva.watchers"]
            )

    def test_work_does_not_wait_for_those_who_look(self):
        [user] = self._many(1)
        # somebody was told of something right now
        sva_live._told_at[self.env.cr.dbname] = time.monotonic()

        def sleep(seconds):
            time.sleep(seconds)
            if user.phone != "+5511912345678":
                self.assertInStep(user, "active")
                user.phone = "11 91234-5678"
                self._end_of_request()
                self.env.cr.commit()  # pylint: disable=invalid-commit

        clock = SimpleNamespace(sleep=sleep, monotonic=time.monotonic)
        engine = self.env["sva.engine"].with_context(cron_id=1)
        with patch("odoo.addons.saber_plus_sva.models.sva_engine.time", clock):
            engine._cron_sync_users()
        self.env.invalidate_all()
        self.assertEqual(user.phone, "+5511912345678")
        self.assertInStep(user, "active")
        [(_channel, message)] = self._messages()
        self.assertEqual(message["user_ids"], user.ids)

    def _small(self):
        """Batches of three rows."""
        original = type(self.env["sva.engine"])._run_batch
        where = "odoo.addons.saber_plus_sva.models.sva_engine.BATCH_SIZE"

        def run_batch(engine, integration):
            with patch(where, 3):
                return original(engine, integration)

        return run_batch

    def _channels(self, user):
        session = SimpleNamespace(session=SimpleNamespace(uid=user.id))
        with patch("odoo.addons.bus.models.ir_websocket.request", session):
            return (
                self.env["ir.websocket"]
                .with_user(user)
                ._build_bus_channel_list(["saber_plus_sva.watchers"])
            )

    def test_who_may_look_may_hear(self):
        clerk = self._operator()
        group = self.env.ref("saber_plus_sva.group_sva_user")
        heard = (group, "saber_plus_sva.watchers")
        self.assertIn(heard, self._channels(clerk))
        self.assertNotIn("saber_plus_sva.watchers", self._channels(clerk))
        stranger = self._operator("test_stranger", "base.group_user")
        self.assertNotIn(heard, self._channels(stranger))

    def test_bulk_work_writes_one_line_a_contract(self):
        users = self._many(51)
        newest = self.env["mail.message"].search([], limit=1, order="id desc").id
        users.contract_id.action_block()
        self._end_of_request()
        self.assertEqual(set(users.mapped("state")), {"blocked"})
        lines = self.env["mail.message"].search([("id", ">", newest)])
        self.assertEqual(set(lines.mapped("model")), {"contract.contract"})
        self.assertEqual(sorted(lines.mapped("res_id")), sorted(users.contract_id.ids))

    def test_a_few_have_it_in_their_own_chatter_too(self):
        users = self._many(2)
        users.contract_id.action_block()
        self._end_of_request()
        for user in users:
            fields = user.message_ids[0].tracking_value_ids.field_id
            self.assertEqual(fields.mapped("name"), ["state"])
