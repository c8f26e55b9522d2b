# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Saber+ SVA",
    "summary": "Sell Saber+ packages on contracts; the platform follows the contract",
    "version": "19.0.1.0.0",
    "category": "Services/Contracts",
    "license": "AGPL-3",
    "author": "Saber+ SVA contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/contract",
    "application": True,
    "depends": ["contract_termination", "phone_validation"],
    "external_dependencies": {
        "python": ["requests", "cryptography", "python-stdnum", "phonenumbers"],
    },
    "data": [
        "security/groups.xml",
        "security/rules.xml",
        "security/ir.model.access.csv",
        "data/ir_cron.xml",
        "views/sva_package_views.xml",
        "views/sva_api_call_views.xml",
        "views/sva_user_views.xml",
        "views/sva_integration_views.xml",
        "views/product_views.xml",
        "views/contract_template_views.xml",
        "views/contract_line_views.xml",
        "views/contract_views.xml",
        "views/account_invoice_report_views.xml",
        "views/menus.xml",
    ],
    "demo": ["demo/demo.xml"],
    "assets": {
        "web.assets_backend": ["saber_plus_sva/static/src/**/*"],
    },
    "pre_init_hook": "pre_init_hook",
}
