# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is left to do when the queue is no longer the driver."""

from .models.sva_wakeup import FUNCTION, WAITING


def uninstall_hook(env):
    """Hand what waits in the queue back to the scheduled actions."""
    jobs = env["queue.job"].search(
        [("job_function_id.name", "=", FUNCTION), ("state", "in", WAITING)]
    )
    for xml_id in {job.args[0] for job in jobs}:
        if action := env.ref(xml_id, raise_if_not_found=False):
            action._trigger()
    jobs.button_cancelled()
