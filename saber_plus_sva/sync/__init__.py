"""What the engine decides, free of Odoo: states, plans, their execution, back-off.

``state``     what a contract lets its SVA user be
``plan``      which calls lead from what the platform holds to what we want it to hold
``converge``  making those calls for one user, and for a batch of them side by side
``backoff``   when to try again
"""
