"""Databases: a template with Odoo and OCA's addons, made once, and copies of it."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import distributions
from pathlib import Path

import psycopg2
from psycopg2 import sql

from .console import step
from .odoo import Odoo
from .paths import ROOT, digest

TEMPLATE_MODULES = ("contract_termination", "phone_validation")
LANGUAGE = "pt_BR"


class Databases:
    """The databases of this checkout.

    :param odoo: how to run Odoo
    """

    def __init__(self, odoo: Odoo):
        self.odoo = odoo

    def template(self) -> str:
        """The name of a database with Odoo, OCA's addons, demo data and pt_BR.

        It is made once, which takes two to three minutes, and kept for as long as the
        versions that it is made of are the same.
        """
        versions = sorted(
            f"{dist.name} {dist.version}"
            for dist in distributions()
            if dist.name.lower().startswith(("odoo", "psycopg2"))
        )
        name = f"saber_template_{digest(*versions, *TEMPLATE_MODULES, LANGUAGE)}"
        if not self.exists(name):
            draft = f"{name}_draft"
            self.drop(draft)
            with step(
                f"Making the template database {name} (two to three minutes, once)"
            ):
                self.odoo.run(
                    draft,
                    ["--init", ",".join(TEMPLATE_MODULES), "--with-demo"]
                    + [f"--load-language={LANGUAGE}"],
                    what="Making the template database",
                )
                self._move_filestore(draft, name, shutil.move)
                with self._cursor() as cursor:
                    cursor.execute(
                        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                            sql.Identifier(draft), sql.Identifier(name)
                        )
                    )
        return name

    def copy(self, purpose: str) -> str:
        """A fresh copy of the template for this checkout, replacing an older one.

        :param purpose: a word that is part of the database's name
        :return: its name
        """
        template = self.template()
        name = f"saber_{purpose}_{digest(str(ROOT))}"
        self.drop(name)
        with step(f"Copying the template to the database {name}"):
            self.duplicate(template, name)
        return name

    def duplicate(self, source: str, name: str) -> None:
        """Copy a database that nobody is connected to, with its files."""
        with self._cursor() as cursor:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(source)
                )
            )
        self._move_filestore(source, name, shutil.copytree)

    def install(self, name: str, *others: str) -> Path:
        """Install our addon, with its demo data; return the path of Odoo's log.

        :param others: names of addons to install beside it
        """
        modules = ",".join(("saber_plus_sva", *others))
        with step(f"Installing the addon in {name}"):
            return self.odoo.run(name, ["--init", modules], what="Installing the addon")

    def exists(self, name: str) -> bool:
        with self._cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            return bool(cursor.fetchone())

    def drop(self, name: str) -> None:
        """Drop a database and its files; no error where there is none."""
        with self._cursor() as cursor:
            cursor.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                    sql.Identifier(name)
                )
            )
        shutil.rmtree(self._filestore(name), ignore_errors=True)

    def _filestore(self, name: str) -> Path:
        return self.odoo.data_dir / "filestore" / name

    def _move_filestore(self, source: str, target: str, how) -> None:
        shutil.rmtree(self._filestore(target), ignore_errors=True)
        if self._filestore(source).exists():
            how(self._filestore(source), self._filestore(target))

    @contextmanager
    def _cursor(self) -> Iterator:
        with closing(psycopg2.connect(dbname="postgres", **self.odoo.dsn)) as link:
            link.autocommit = True
            with link.cursor() as cursor:
                yield cursor
