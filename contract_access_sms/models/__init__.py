from . import (
    contract_dunning_rules,
    contract_notice,
    res_company,
    res_partner,
    sms_sms,
    sms_tracker,
    write_guard_mixin,
)
