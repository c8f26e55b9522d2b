"""A Saber+ platform to try and test against, with faults on demand.

It speaks the API of ``openapi.yaml`` under ``/v1``, keeps its users in a SQLite
file, is steered through ``/sandbox`` and shows itself on ``/``.
"""
