"""The platform's refusals, in the one shape that the API promises."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

CPF_TAKEN = "CPF já cadastrado."


class ApiError(Exception):
    """A refusal that the caller gets to see.

    :param status: the HTTP status
    :param code: one of the codes of the API's ``Error`` schema
    :param message: what a person reads, in Portuguese
    :param fields: what is wrong, by field
    :param headers: headers that belong to the answer
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.headers = headers

    def response(self, request_id: str | None = None) -> Response:
        """Return the answer that carries this refusal."""
        error: dict[str, object] = {"code": self.code, "message": self.message}
        if self.fields:
            error["fields"] = dict(self.fields)
        if request_id:
            error["request_id"] = request_id
        return JSONResponse({"error": error}, self.status, self.headers)


def invalid_token() -> ApiError:
    """Return the refusal of a missing, wrong or expired token."""
    return ApiError(
        401,
        "invalid_token",
        "Token ausente, inválido ou expirado.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def account_suspended() -> ApiError:
    """Return the refusal of every call of a suspended account."""
    return ApiError(403, "account_suspended", "Conta suspensa. Fale com a Saber+.")


def not_found(message: str = "Recurso não encontrado.") -> ApiError:
    """Return the refusal of an unknown path or record."""
    return ApiError(404, "not_found", message)


def method_not_allowed(allowed: str) -> ApiError:
    """Return the refusal of a method; ``allowed`` lists the others."""
    # The API has no code of its own for this; this one is true of the pair.
    return ApiError(
        405, "not_found", "Método não permitido.", headers={"Allow": allowed}
    )


def cpf_taken() -> ApiError:
    """Return the refusal of a second user with the same CPF."""
    return ApiError(409, "cpf_already_registered", CPF_TAKEN)


def validation_failed(fields: Mapping[str, str]) -> ApiError:
    """Return the refusal of values; ``fields`` says what is wrong, by field."""
    return ApiError(422, "validation_failed", "Dados inválidos.", fields)


def idempotency_mismatch() -> ApiError:
    """Return the refusal of a key that was used with another body."""
    return ApiError(
        422,
        "idempotency_mismatch",
        "Idempotency-Key já usada com outro conteúdo.",
    )


def rate_limited(retry_after: int) -> ApiError:
    """Return the refusal of a caller that is too quick."""
    return ApiError(
        429,
        "rate_limited",
        "Muitas requisições. Tente novamente em instantes.",
        headers={"Retry-After": str(retry_after)},
    )


def internal_error(status: int = 500) -> ApiError:
    """Return a failure of the platform itself."""
    return ApiError(status, "internal_error", "Serviço indisponível no momento.")


def of_status(status: int, retry_after: int | None = None) -> ApiError:
    """Return a plausible refusal with this status, whatever its cause.

    :param retry_after: seconds for a ``Retry-After`` header, none where None
    """
    if status == 429:
        error = rate_limited(1)
    elif status >= 500:
        error = internal_error(status)
    else:
        known = {
            401: invalid_token,
            403: account_suspended,
            404: not_found,
            409: cpf_taken,
        }
        make = known.get(status)
        error = make() if make else validation_failed({})
        error.status = status
    if retry_after is not None:
        error.headers = {**(error.headers or {}), "Retry-After": str(retry_after)}
    return error
