# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whole numbers that administrators set, kept as system parameters."""

from odoo.api import Environment

#: the limits that are in force as long as nobody has set others
LIMITS = {
    # beyond which something is the matter with an account; 0 does not look at it
    "health": {
        "pending_minutes": 60,
        "failed_users": 20,
        "paused_minutes": 30,
        "comparison_hours": 50,
    },
    # more changes than both of these are unusual: a number, and percent of the users
    "comparison": {"changes": 20, "share": 5},
}


def parameter(group: str, name: str) -> str:
    """The key of a system parameter of this addon."""
    return f"saber_plus_sva.{group}_{name}"


def limit(env: Environment, group: str, name: str) -> int:
    """What is in force, whatever is in the system parameter."""
    # sudo: limits are no secret
    value = env["ir.config_parameter"].sudo().get_param(parameter(group, name))
    if not value or not (value.isascii() and value.isdecimal()) or len(value) > 9:
        return LIMITS[group][name]
    return int(value)
