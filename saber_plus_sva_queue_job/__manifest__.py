# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Saber+ SVA: Job Queue",
    "summary": "Spread the work for SVA platforms over workers and machines",
    "version": "19.0.1.0.0",
    "category": "Services/Contracts",
    "license": "AGPL-3",
    "author": "Saber+ SVA contributors, Odoo Community Association (OCA)",
    "auto_install": True,
    "depends": ["saber_plus_sva", "queue_job"],
    "data": ["data/queue_job.xml"],
    "uninstall_hook": "uninstall_hook",
}
