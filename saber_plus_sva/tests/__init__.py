from . import (
    test_contract_machine,
    test_dunning,
    test_integration,
    test_invoicing,
    test_lifecycle,
    test_product,
    test_sales_plan,
    test_security,
    test_state,
    test_sva_user,
    test_sync,
    test_termination,
)
