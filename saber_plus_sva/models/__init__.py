# what others inherit comes first
from . import (
    contract_dunning_rules,
    sva_activity_mixin,
    sva_chatter_mixin,
    sva_number_mixin,
    sva_sync_mixin,
)

# isort: split
from . import (
    account_move,
    account_move_line,
    contract_contract,
    contract_dunning,
    contract_line,
    contract_release,
    contract_template,
    contract_template_line,
    contract_terminate_reason,
    ir_module_module,
    mail_activity_type,
    mail_thread,
    product_product,
    product_template,
    res_company,
    res_config_settings,
    res_partner,
    sva_api_call,
    sva_divergence,
    sva_integration,
    sva_pace,
    sva_package,
    sva_reconciliation,
    sva_sync,
    sva_user,
    sva_user_removal,
)
