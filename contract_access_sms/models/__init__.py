from . import (
    contract_dunning_rules,
    contract_notice,
    res_company,
    sms_tracker,
    write_guard_mixin,
)
