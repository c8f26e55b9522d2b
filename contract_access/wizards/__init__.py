from . import (
    contract_contract,
    contract_contract_terminate,
    contract_dispute,
    contract_dunning_preview,
    contract_dunning_preview_contract,
    contract_dunning_settings,
    contract_notice_record,
    contract_step,
    contract_suspension_request,
)
