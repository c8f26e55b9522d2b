# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Contract Access",
    "summary": "What a contract gives access to: statuses, blocks, releases, dunning",
    "version": "19.0.1.0.0",
    "category": "Services/Contracts",
    "license": "AGPL-3",
    "author": "Contract Access contributors, Odoo Community Association (OCA)",
    "depends": ["contract_termination"],
    "data": [
        "security/groups.xml",
        "security/rules.xml",
        "security/ir.model.access.csv",
        "data/ir_cron.xml",
        "data/contract_terminate_reason.xml",
        "data/mail_activity_type.xml",
        "data/mail_template.xml",
        "wizards/contract_step_views.xml",
        "wizards/contract_dunning_settings_views.xml",
        "wizards/contract_dunning_preview_views.xml",
        "views/contract_terminate_reason_views.xml",
        "views/contract_template_views.xml",
        "views/contract_views.xml",
        "views/res_config_settings_views.xml",
        "views/menus.xml",
    ],
    "pre_init_hook": "pre_init_hook",
}
