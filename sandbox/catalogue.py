"""The packages that a fresh sandbox offers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .validation import Field, Flag, Text, read_object

PACKAGE_FIELDS: dict[str, Field] = {
    "code": Text(required=True, min_length=1),
    "name": Text(required=True, min_length=1),
    "description": Text(),
    "active": Flag(),
}


@dataclass(frozen=True)
class Package:
    """What the account has contracted and may put on users."""

    code: str
    name: str
    description: str = ""
    active: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the package as the API shows it."""
        return asdict(self)


SEED = (
    Package(
        "SABER-LIVROS",
        "Saber+ Livros Digitais",
        "Biblioteca com mais de 30 mil livros digitais e audiolivros.",
    ),
    Package(
        "SABER-CURSOS",
        "Saber+ Cursos",
        "Cursos livres e profissionalizantes com certificado.",
    ),
    Package(
        "SABER-KIDS",
        "Saber+ Kids",
        "Histórias, jogos e reforço escolar para crianças.",
    ),
    Package(
        "SABER-IDIOMAS",
        "Saber+ Idiomas",
        "Inglês e espanhol, do básico ao avançado.",
    ),
    Package(
        "SABER-TOTAL",
        "Saber+ Total",
        "Livros, cursos, idiomas e Kids em um só pacote.",
    ),
    Package(
        "SABER-REVISTAS",
        "Saber+ Revistas",
        "Fora de linha: mantido apenas para assinantes antigos.",
        active=False,
    ),
)


def load(path: Path) -> tuple[Package, ...]:
    """Return the packages of a JSON file that holds a list of them.

    :raises OSError: where the file cannot be read
    :raises ValueError: where it is no JSON list
    :raises ApiError: where a package is not right
    """
    items = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(items, list):
        raise ValueError("the packages file must hold a JSON list")
    return tuple(Package(**read_object(item, PACKAGE_FIELDS)) for item in items)
