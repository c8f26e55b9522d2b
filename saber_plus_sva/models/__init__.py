# what others inherit comes first
from . import sva_failure_mixin

# isort: split
from . import (
    sva_connection_mixin,
    sva_number_mixin,
    sva_sync_mixin,
    write_guard_mixin,
)

# isort: split
from . import (
    account_move_line,
    contract_contract,
    contract_line,
    contract_template,
    contract_template_line,
    contract_template_line_prorated,
    ir_cron,
    ir_cron_worker,
    ir_websocket,
    mail_activity_type,
    product_category,
    product_product,
    product_template,
    res_config_settings,
    res_config_settings_health,
    res_partner,
    sva_api_call,
    sva_billing_mismatch,
    sva_divergence,
    sva_engine,
    sva_engine_recovery,
    sva_integration,
    sva_integration_incident,
    sva_integration_pause,
    sva_health,
    sva_integration_health,
    sva_integration_home,
    sva_integration_obstacle,
    sva_integration_reconciliation,
    sva_integration_rehearsal,
    sva_live,
    sva_package,
    sva_rate_limit,
    sva_reconciliation,
    sva_sync_health,
    sva_user,
    sva_user_chatter,
    sva_user_removal,
    sva_user_skip,
    sva_wakeup,
)
