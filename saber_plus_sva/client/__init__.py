"""The platforms' wire formats, behind one interface. Imports nothing of Odoo.

``platform``    what a platform can do, whichever it is
``types``       what a platform has
``errors``      what can go wrong, sorted by what the caller has to do about it
``registry``    which platforms there are
``base_url``    where a token may be sent
``saber_plus``  Saber+
``scim``        SCIM 2.0, whichever server speaks it
``transport``   JSON over HTTP, for every adapter
``oauth``       ... with tokens that expire
"""
