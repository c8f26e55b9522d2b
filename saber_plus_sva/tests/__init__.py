from . import (
    test_integration,
    test_invoicing,
    test_product,
    test_security,
    test_state,
    test_sva_user,
    test_sync,
)
