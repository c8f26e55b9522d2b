"""Canaille on a free port of this machine; it runs in an environment of its own.

``python canaille_server.py DATABASE CLIENT SECRET ADMIN``: prints the port. The
administrator is there to be a member of groups, for it refuses those that have none.
"""

import sys

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from werkzeug.serving import WSGIRequestHandler, make_server

database, client, secret, admin = sys.argv[1:]
app = create_app(
    {
        "SECRET_KEY": secret,
        "CANAILLE": {
            "DATABASE": "sql",
            "LOGGING": {"version": 1, "root": {"level": "ERROR"}},
        },
        "CANAILLE_SQL": {"DATABASE_URI": f"sqlite:///{database}"},
        "CANAILLE_OIDC": {},
        "CANAILLE_SCIM": {"ENABLE_SERVER": True},
    }
)
with app.app_context(), Backend.instance.session():
    Backend.instance.install(app)
    registered = models.Client(
        client_id=client,
        client_secret=secret,
        client_name=client,
        grant_types=["client_credentials"],
        token_endpoint_auth_method="client_secret_basic",
        scope=["openid"],
    )
    somebody = models.User(
        user_name=admin, family_name=admin, formatted_name=admin, emails=[]
    )
    for thing in (registered, somebody):
        Backend.instance.save(thing)


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_args) -> None:
        pass


server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
