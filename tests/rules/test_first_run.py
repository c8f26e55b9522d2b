"""What all checkouts share is made once."""

import time
from concurrent.futures import ThreadPoolExecutor

from dev import env
from dev.odoo_source import OdooSource


def test_two_first_runs_side_by_side(tmp_path, monkeypatch):
    made = []

    class Uv:
        def __init__(self, cache):
            pass

        def run(self, command, *arguments):
            if command == "venv":
                made.append(arguments[-1])
                time.sleep(0.1)
                (arguments[-1] / "lib/python3/site-packages").mkdir(parents=True)

    monkeypatch.setenv("SABER_PLUS_SVA_CACHE", str(tmp_path))
    monkeypatch.setattr(env, "find_odoo", lambda cache: OdooSource("clone", cache))
    monkeypatch.setattr(env, "Uv", Uv)
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(env.ensure_environment) for _run in range(2)]
    assert runs[0].result() == runs[1].result()
    assert len(made) == len({*made}) == 2
