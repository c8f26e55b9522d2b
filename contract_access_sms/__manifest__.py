# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Contract Access: SMS",
    "summary": "Notices of overdue contracts by SMS",
    "version": "19.0.1.0.0",
    "category": "Services/Contracts",
    "license": "AGPL-3",
    "author": "Contract Access contributors, Odoo Community Association (OCA)",
    "auto_install": True,
    "depends": ["contract_access", "sms"],
    "external_dependencies": {"python": ["phonenumbers"]},
    "data": [
        "data/sms_template.xml",
        "views/contract_dunning_settings_views.xml",
        "views/res_config_settings_views.xml",
    ],
}
