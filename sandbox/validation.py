"""Strict reading of what callers send: JSON bodies and single values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .errors import validation_failed

REQUIRED = "Campo obrigatório."


class Field(Protocol):
    """A rule for one value."""

    @property
    def required(self) -> bool:
        """Whether it may not be absent."""

    def problem(self, value: Any) -> str | None:
        """Return what is wrong with the value, None if nothing is."""


@dataclass(frozen=True)
class Text:
    """A string; lengths count characters and the pattern covers all of it."""

    required: bool = False
    nullable: bool = False
    pattern: str | None = None
    min_length: int = 0
    max_length: int | None = None
    choices: Sequence[str] = ()

    def problem(self, value: Any) -> str | None:
        """Return what is wrong with the value, None if nothing is."""
        if value is None and self.nullable:
            return None
        if not isinstance(value, str) or not _is_unicode(value):
            return "Deve ser um texto."
        if self.choices and value not in self.choices:
            return f"Valor não permitido; use um de: {', '.join(self.choices)}."
        if self.pattern and not re.fullmatch(self.pattern, value):
            return "Formato inválido."
        if len(value) < self.min_length:
            return f"Mínimo de {self.min_length} caracteres."
        if self.max_length is not None and len(value) > self.max_length:
            return f"Máximo de {self.max_length} caracteres."
        return None


@dataclass(frozen=True)
class Number:
    """A number between two bounds, both included."""

    minimum: float
    maximum: float
    whole: bool = False
    required: bool = False
    nullable: bool = False

    def problem(self, value: Any) -> str | None:
        """Return what is wrong with the value, None if nothing is."""
        if value is None and self.nullable:
            return None
        kinds = (int,) if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            return (
                "Deve ser um número inteiro." if self.whole else "Deve ser um número."
            )
        if not self.minimum <= value <= self.maximum:
            return f"Deve estar entre {self.minimum} e {self.maximum}."
        return None


@dataclass(frozen=True)
class Flag:
    """True or false."""

    required: bool = False

    def problem(self, value: Any) -> str | None:
        """Return what is wrong with the value, None if nothing is."""
        return None if isinstance(value, bool) else "Deve ser verdadeiro ou falso."


def parse_json(body: bytes, content_type: str) -> Any:
    """Return the value that a JSON body holds.

    :raises ApiError: 422, where the body is not declared as JSON or is none
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise validation_failed({"Content-Type": "Use application/json."})
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise validation_failed({"body": "JSON inválido."}) from None


def read_object(value: Any, fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return the known members of a JSON object; unknown ones are left out.

    :raises ApiError: 422 that names everything that is wrong
    """
    if not isinstance(value, dict):
        raise validation_failed({"body": "Deve ser um objeto JSON."})
    problems = {}
    for name, field in fields.items():
        if name not in value:
            problem = REQUIRED if field.required else None
        else:
            problem = field.problem(value[name])
        if problem:
            problems[name] = problem
    if problems:
        raise validation_failed(problems)
    return {name: value[name] for name in fields if name in value}


def read_query(
    pairs: Sequence[tuple[str, str]], fields: Mapping[str, Field]
) -> dict[str, str]:
    """Return the query's parameters: known ones only, each once at most.

    An unknown one is refused, since a filter that is silently ignored lists
    everyone.

    :raises ApiError: 422 that names everything that is wrong
    """
    names = [name for name, _value in pairs]
    problems = {}
    for name in names:
        if name not in fields:
            problems[name] = "Parâmetro desconhecido."
        elif names.count(name) > 1:
            problems[name] = "Informe uma única vez."
    if problems:
        raise validation_failed(problems)
    return read_object(dict(pairs), fields)


def _is_unicode(value: str) -> bool:
    """Tell lone surrogates, which JSON can spell and nothing can store."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
