"""What the platform keeps of a user, apart from its status: the one list of it."""

from .validation import Field, Text

#: digits only
CPF = r"[0-9]{11}"
#: E.164
PHONE = r"\+[0-9]{8,15}"

_OPTIONS = {"name": {}, "phone": {"pattern": PHONE}, "package_code": {}}

#: in a request that creates a user
GIVEN: dict[str, Field] = {
    name: Text(required=True, **options) for name, options in _OPTIONS.items()
}
#: in a request that changes one
CHANGED: dict[str, Field] = {
    name: Text(**options) for name, options in _OPTIONS.items()
}
COLUMNS = tuple(_OPTIONS)
