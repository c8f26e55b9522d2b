"""What the business demands, free of Odoo and of HTTP.

``user_state``    what a contract lets its SVA user be
``registration``  what a customer's registration must have
"""
