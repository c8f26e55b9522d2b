from . import (
    account_move_line,
    contract_contract,
    contract_line,
    contract_template_line,
    product_template,
    res_partner,
    sva_api_call,
    sva_integration,
    sva_package,
    sva_sync,
    sva_user,
)
