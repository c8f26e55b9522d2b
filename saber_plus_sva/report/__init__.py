from . import account_invoice_report, sva_churn, sva_revenue, sva_usage_month
