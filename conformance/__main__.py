"""``python -m conformance PLATFORM BASE_URL``: a table of what holds of an API.

For the vendor of a platform, and for whoever writes an adapter. The token is read from
the environment (``CONFORMANCE_TOKEN``) or asked for. A test user is made and deleted.
"""

import argparse
import getpass
import os
import sys
import types
from pathlib import Path

# The addon's own __init__ imports its models, and with them Odoo.
if "saber_plus_sva" not in sys.modules:
    package = types.ModuleType("saber_plus_sva")
    package.__path__ = [str(Path(__file__).resolve().parent.parent / "saber_plus_sva")]
    sys.modules["saber_plus_sva"] = package

from saber_plus_sva.client.base_url import InvalidBaseUrl
from saber_plus_sva.client.errors import PlatformError
from saber_plus_sva.client.registry import PLATFORMS, connect

from .checks import run


def main(arguments: list[str] | None = None) -> int:
    """Print the table.

    :return: 0 where all holds, 1 where something does not, 2 where nothing can be tried
    """
    parser = argparse.ArgumentParser("conformance", description=__doc__)
    parser.add_argument("platform", choices=PLATFORMS)
    parser.add_argument("base_url")
    parser.add_argument("--sign-in", choices=["bearer", "basic", "oauth2"])
    parser.add_argument("--login", help="user name or client id")
    parser.add_argument("--token-url", help="where OAuth 2 tokens are given")
    parser.add_argument("--entitlements", help="those that are packages: A,B")
    parser.add_argument("--cpf", default="52998224725", help="of the test user")
    options = parser.parse_args(arguments)
    token = os.environ.get("CONFORMANCE_TOKEN") or getpass.getpass("Token: ")
    adapter = PLATFORMS[options.platform]
    settings = {name: getattr(options, name) for name in adapter.settings}
    given = {name: value for name, value in settings.items() if value}
    failed = False
    try:
        with connect(adapter, options.base_url, {"token": token, **given}) as platform:
            for result in run(platform, options.cpf):
                mark = "ok" if result.problem is None else result.problem or "not tried"
                print(f"{result.name:<40} {mark}", flush=True)
                failed |= result.problem is not None
    except (InvalidBaseUrl, PlatformError) as error:
        print(error, file=sys.stderr)
        return 2
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
