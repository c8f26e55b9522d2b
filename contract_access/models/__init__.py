# what others inherit comes first
from . import (
    activity_occasion_mixin,
    chatter_language_mixin,
    contract_dunning_rules,
    write_guard_mixin,
)

# isort: split
from . import (
    account_move,
    account_move_contract,
    account_move_line,
    company_settings_mixin,
    contract_contract,
    contract_contract_blocked_days,
    contract_contract_chatter,
    contract_contract_copy,
    contract_contract_credit_note,
    contract_contract_debt,
    contract_contract_history,
    contract_contract_invoicing,
    contract_contract_paid_days,
    contract_contract_portal,
    contract_contract_receipt,
    contract_contract_suspension,
    contract_contract_withdrawal,
    contract_contract_worklist,
    contract_dunning,
    contract_dunning_credit,
    contract_line,
    contract_line_difference,
    contract_line_suspension,
    contract_line_upgrade,
    contract_notice,
    contract_notice_line,
    contract_release,
    contract_suspension,
    contract_template,
    contract_template_line,
    contract_terminate_reason,
    ir_cron,
    ir_module_module,
    mail_activity_type,
    mail_mail,
    mail_template,
    mail_thread,
    res_company,
    res_company_portal,
    res_company_receipt,
    res_company_suspension,
    res_config_settings,
    res_config_settings_hours,
    res_partner,
)

# isort: split
# the outermost layer
from . import contract_contract_remote
