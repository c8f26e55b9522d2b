"""Makes the dump of an earlier version, in which people have worked.

Run it once for a version, with its code in a folder of its own::

    git archive REVISION | tar --extract --directory FOLDER
    cd FOLDER && make env
    .run/venv/bin/python CHECKOUT/tests/earlier/make.py VERSION

The dump is SQL, compressed: to restore it takes no program of PostgreSQL's, whatever
the version. Whoever is in it is made up.
"""

import lzma
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# the code of the earlier version is in the current folder
sys.path[:0] = [os.getcwd(), str(HERE)]

from keys import KEY, TOKEN  # noqa: E402

from dev.database import LANGUAGE, Databases, reach  # noqa: E402
from sandbox.server import running  # noqa: E402

#: what was done in it: customers in every state, and what people made their own
WORK = f"""
from datetime import datetime
from odoo import Command
from stdnum.br import cpf as rules

company = env.company
company.write({{
    "contract_notice_after_days": 2,
    "contract_block_after_notice_days": 20,
    "contract_cancel_after_block_days": 70,
}})
integration = env["sva.integration"].create(
    {{"name": "Saber+", "base_url": "%(url)s", "token": "{TOKEN}"}}
)
integration.action_fetch_packages()
[package] = env["sva.package"].search([("code", "=", "SABER-LIVROS")])
product = env["product.template"].create({{
    "name": "Saber+ Livros", "type": "service", "list_price": 14.9,
    "sva_integration_id": integration.id, "sva_package_id": package.id,
}}).product_variant_id

def contract(number, name, **values):
    base = str(300_000_000 + number)
    partner = env["res.partner"].create({{
        "name": name, "vat": base + rules._calc_check_digits(base),
        "phone": "+5511987654321", "email": f"cliente{{number}}@example.com",
    }})
    return env["contract.contract"].create({{
        "name": f"Contrato de {{name}}", "partner_id": partner.id,
        "line_recurrence": True,
        "contract_line_ids": [Command.create({{
            "product_id": product.id, "name": product.name, "price_unit": 14.9,
            "date_start": "2026-01-01", "recurring_next_date": "2099-01-01",
        }})],
        **values,
    }})

def user(contract, **values):
    return env["sva.user"].create({{"contract_id": contract.id, **values}})

names = ("Ativa", "Bloqueada", "Desistente", "Excluída", "Pendente", "Senha")
active, blocked, withdrawn, deleted, pending, password = [
    contract(number, name) for number, name in enumerate(names)
]
contract(10, "Sem acesso", contract_status="pre_contract")
for one in (active, blocked, withdrawn, deleted, pending):
    user(one)
env.cr.commit()
env["sva.engine"]._cron_sync_users()
# what the platform has not heard of yet when it is updated
blocked.action_block()
env["sva.engine"]._cron_sync_users()
withdrawn.action_withdraw()
pending.action_block()
user(password, password="segredo-antigo")
deleted.sva_user_ids.unlink()

# what people made their own
env.ref("contract_access.mail_template_overdue").subject = "Nosso aviso"
env.ref("contract_access.mail_template_terminated").unlink()
env.ref("contract_access.terminate_reason_moved").name = "Foi embora"
env.ref("contract_access.cron_contract_lifecycle").nextcall = datetime(2099, 1, 2, 4)
env.ref("saber_plus_sva.cron_reconcile").nextcall = datetime(2099, 1, 2, 6, 17)
env.ref("saber_plus_sva.cron_fetch_packages").active = False
env["ir.cron"].search([]).lastcall = datetime(2026, 11, 24, 12)
env.cr.commit()
"""

#: what an update does not read
SUPERFLUOUS = """
DELETE FROM ir_attachment;
DELETE FROM ir_logging;
DELETE FROM ir_cron_progress;
DELETE FROM bus_bus;
DELETE FROM ir_config_parameter WHERE key IN ('database.secret', 'web.base.url');
"""
#: what other versions of PostgreSQL do not understand
TOO_NEW = ("\\restrict", "\\unrestrict", "SET transaction_timeout")


def make(databases: Databases, version: str) -> Path:
    """Make the dump of a version, whose code is in the current folder.

    :return: its path
    """
    name = databases.name("earlier")
    databases.drop(name)
    arguments = ["--init", "saber_plus_sva", f"--load-language={LANGUAGE}"]
    databases.odoo.run(name, arguments, what="Installing")
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "sandbox.db", TOKEN) as platform,
    ):
        url = f"{platform.root}/v1"
        print(databases.odoo.shell(name, WORK % {"url": url}), file=sys.stderr)
    with databases.cursor(name) as cursor:
        cursor.execute(SUPERFLUOUS)
    text = _dump(databases, name)
    databases.drop(name)
    path = HERE / f"{version}.sql.xz"
    path.write_bytes(lzma.compress(text.encode(), preset=9))
    return path


def _dump(databases: Databases, name: str) -> str:
    path = databases.odoo.pg.get("PATH", os.environ["PATH"])
    # the embedded PostgreSQL has its own pg_dump, which comes last in the path
    folders = os.pathsep.join(reversed(path.split(os.pathsep)))
    result = subprocess.run(
        [
            *("pg_dump", "--inserts", "--rows-per-insert=500"),
            *("--no-owner", "--no-privileges", "--no-comments", name),
        ],
        check=True,
        env={**os.environ, **databases.odoo.pg, "PATH": folders},
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = result.stdout.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(TOO_NEW))


if __name__ == "__main__":
    os.environ["SABER_PLUS_SVA_KEYS"] = KEY
    with reach() as databases:
        dump = make(databases, sys.argv[1])
    print(dump, dump.stat().st_size)
