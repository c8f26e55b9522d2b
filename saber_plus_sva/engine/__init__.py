"""What leads a platform to what it must hold, free of Odoo.

``plan``      which steps lead from what the platform holds to what it must hold
``converge``  making those steps for one user, and for a batch of them side by side
``backoff``   when to try again
"""
