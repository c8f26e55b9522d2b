# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is shown of the calls to a platform."""

import re

import requests

from odoo.tests import tagged

from ..client.errors import LOCAL_CODES
from ..client.transport import Call
from ..models.sva_api_call import CallRecorder
from .common import SvaCase


@tagged("post_install", "-at_install")
class TestApiCall(SvaCase):
    def _labels(self, name):
        calls = self.env["sva.api.call"].with_context(lang="pt_BR")
        return dict(calls.fields_get([name], ["selection"])[name]["selection"])

    def _record(self, operation, outcome):
        calls = self.env["sva.api.call"]
        recorder = CallRecorder(
            lambda begun: calls._begin(self.integration, begun, recorder.unwritten)
        )
        recorder.begin(operation, "GET")
        recorder(Call(operation, "GET", 422, 0.1, outcome, None))
        calls._complete(recorder.unwritten)
        return calls.browse(recorder.calls[0].record)

    def test_every_operation_and_every_code_has_a_label(self):
        api = requests.get(f"{self.sandbox.url}/openapi.yaml", timeout=10).text
        operations = {*re.findall(r"operationId: (\w+)", api)}
        self.assertIn("createUser", operations)
        codes = {*re.findall(r"^ +- (\w+) +# [45]", api, re.M), *LOCAL_CODES, "ok"}
        self.assertIn("validation_failed", codes)
        for name, known in (("operation", operations), ("outcome", codes)):
            labels = self._labels(name)
            self.assertFalse(known - labels.keys())
            for code in known:
                self.assertTrue(labels[code])
                self.assertNotIn("_", labels[code])
                self.assertNotEqual(labels[code], code)

    def test_a_code_that_nobody_knows_stands_for_itself(self):
        self.assertNotIn("teapot", self._labels("outcome"))
        call = self._record("listUsers", "teapot")
        self._record("listUsers", "zebra")
        self.assertEqual(call.outcome, "teapot")
        labels = self._labels("outcome")
        self.assertEqual((labels["teapot"], labels["zebra"]), ("teapot", "zebra"))
        self.assertLess(len(self._labels("operation")), len(labels))

    def test_codes_stay_what_programs_read(self):
        call = self._record("createUser", "validation_failed")
        self.assertEqual(
            call.read(["operation", "outcome"])[0],
            {"id": call.id, "operation": "createUser", "outcome": "validation_failed"},
        )
        groups = self.env["sva.api.call"]._read_group(
            [("outcome", "=", "validation_failed")], ["operation"], ["__count"]
        )
        self.assertEqual(groups, [("createUser", 1)])
