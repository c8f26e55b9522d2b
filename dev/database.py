"""Databases: a template with Odoo and OCA's addons, made once, and copies of it."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.metadata import distributions
from pathlib import Path

import psycopg2
from psycopg2 import sql

from .console import alone, run, step
from .env import Environment
from .odoo import Odoo
from .paths import ROOT, STATE, digest
from .postgres import postgres

TEMPLATE_MODULES = ("contract_termination", "phone_validation")
LANGUAGE = "pt_BR"


class Databases:
    """The databases of this checkout.

    :param odoo: how to run Odoo
    """

    def __init__(self, odoo: Odoo):
        self.odoo = odoo

    def template(self, *others: str) -> str:
        """The name of a database with Odoo, OCA's addons, demo data and pt_BR.

        It is made once, which takes two to three minutes, and kept for as long as the
        versions that it is made of are the same.

        :param others: names of further addons to have in it
        """
        versions = sorted(
            f"{dist.name} {dist.version}"
            for dist in distributions()
            if dist.name.lower().startswith(("odoo", "psycopg2"))
        )
        key = digest(*versions, *TEMPLATE_MODULES, *others, LANGUAGE)
        name = f"saber_template_{key}"
        with alone(self.odoo.environment.cache / f"{name}.lock"):
            if not self.exists(name):
                self._make_template(name, others)
        return name

    def _make_template(self, name: str, others: Sequence[str]) -> None:
        draft = f"{name}_draft"
        self.drop(draft)
        if others:
            self.duplicate(self.template(), draft)
            arguments = ["--init", ",".join(others)]
        else:
            arguments = ["--init", ",".join(TEMPLATE_MODULES), "--with-demo"]
            arguments += [f"--load-language={LANGUAGE}"]
        with step(f"Making the template database {name} (some minutes, once)"):
            self.odoo.run(draft, arguments, what="Making the template database")
            self._rename(draft, name)

    def name(self, purpose: str) -> str:
        """The name of this checkout's database for a purpose."""
        return f"saber_{purpose}_{digest(str(ROOT))}"

    def copy(self, purpose: str, *others: str) -> str:
        """A fresh copy of the template for this checkout, replacing an older one.

        :param purpose: a word that is part of the database's name
        :param others: names of further addons to have in it
        :return: its name
        """
        template = self.template(*others)
        name = self.name(purpose)
        self.drop(name)
        with step(f"Copying the template to the database {name}"):
            self.duplicate(template, name)
        return name

    def duplicate(self, source: str, name: str) -> None:
        """Copy a database that nobody is connected to, with its files.

        Odoo's own command loads the copy's registry to give it another identity, which
        takes seconds; a copy that is for a test has no use for one.
        """
        with self.cursor() as cursor:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(source)
                )
            )
        files = self.odoo.data_dir / "filestore"
        if (files / source).exists():
            shutil.rmtree(files / name, ignore_errors=True)
            shutil.copytree(files / source, files / name)

    def install(self, name: str, *addons: str) -> Path:
        """Install addons (without any: ours) with their demo data.

        :return: the path of Odoo's log
        """
        wanted = ",".join(addons or ["saber_plus_sva"])
        with step(f"Installing {wanted} in {name}"):
            return self.odoo.run(name, ["--init", wanted], what=f"Installing {wanted}")

    @contextmanager
    def fresh(self, purpose: str, *addons: str) -> Iterator[str]:
        """A copy of the template with addons (without any: ours) in the block.

        :param purpose: a word that is part of the database's name
        """
        name = self.copy(purpose)
        self.install(name, *addons)
        try:
            yield name
        finally:
            self.drop(name)

    def forget_default_language(self, name: str) -> None:
        """Have new partners speak English; pt_BR stays, but is nobody's default."""
        with self.cursor(name) as cursor:
            cursor.execute(
                "DELETE FROM ir_default USING ir_model_fields AS field"
                " WHERE field.id = field_id"
                " AND (field.model, field.name) = ('res.partner', 'lang')"
            )

    def exists(self, name: str) -> bool:
        with self.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            return bool(cursor.fetchone())

    def drop(self, name: str) -> None:
        """Drop a database and its files; no error where there is none.

        Odoo's own command takes seconds to start, and every test module drops one.
        """
        with self.cursor() as cursor:
            # not WITH (FORCE): that is refused while PostgreSQL itself is at work in it
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = current_user",
                [name],
            )
            cursor.execute(
                sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
            )
        shutil.rmtree(self.odoo.data_dir / "filestore" / name, ignore_errors=True)

    def _rename(self, name: str, new_name: str) -> None:
        config = self.odoo.config(name)
        run(
            self.odoo.command("db", config, "rename", name, new_name),
            what=f"odoo-bin db rename {name}",
            log=STATE / "db.log",
            env=self.odoo.pg,
        )

    @contextmanager
    def cursor(self, database: str = "postgres") -> Iterator:
        """A cursor of a database, each of whose statements is a transaction."""
        with closing(psycopg2.connect(dbname=database, **self.odoo.dsn)) as link:
            link.autocommit = True
            with link.cursor() as cursor:
                yield cursor


@contextmanager
def reach() -> Iterator[Databases]:
    """The databases of this checkout, with a PostgreSQL that runs."""
    environment = Environment.current()
    with postgres(environment.cache) as pg:
        yield Databases(Odoo(environment, pg))
