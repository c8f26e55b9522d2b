"""The packages that a fresh sandbox offers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


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
