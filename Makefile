# Two commands are all it takes: make demo, make test. Both make what they need.
PYTHON ?= python3
# made by `make env`
BIN = .run/venv/bin
# the tests start Odoo a hundred times, and each start compiles Odoo's files where their
# bytecode may not be kept: 6 s instead of 2
export PYTHONDONTWRITEBYTECODE =
RUN = @$(BIN)/python -m

.PHONY: help env demo test lint bench i18n screenshots lock
help:
	@echo "make demo     Odoo and the sandbox with a demo provider (EXIT=1: do not stay)"
	@echo "make test     all tests (T=client|rules|engine|sandbox|access|sva|oca|beside|"
	@echo "              town|desk|outside|crash or a path: that part;"
	@echo "              FULL=1: every fault, kill and page there is;"
	@echo "              WORKERS=2: Odoo with so many processes; QUEUE=1: with OCA's"
	@echo "              job queue)"
	@echo "make lint     what a commit must pass; the formatters mend what they can"
	@echo "make i18n     write the translation template and merge it into pt_BR"
	@echo "make screenshots  take the pictures of docs/pt_BR anew, from a demo"
	@echo "make bench    measure (T=engine|two_servers|memory|creation|bulk_block|go_live|"
	@echo "              dunning|invoicing|comparison|installation: a part; WRITE=1:"
	@echo "              write the table in docs/performance.md)"
	@echo "make env      only get and install what the others need"
	@echo "make lock     renew the versions that are tested"

env:
	@$(PYTHON) -m dev.env

demo: env
	$(RUN) dev.demo $(if $(EXIT),--exit)

test: env
	$(RUN) dev.testing $(T)

lint: env
	@PATH="$(CURDIR)/$(BIN):$$PATH" pre-commit run --all-files

i18n: env
	$(RUN) dev.i18n

screenshots: env
	$(RUN) dev.screenshots

bench: env
	$(RUN) benchmarks $(T)

lock:
	@$(PYTHON) -m dev.lock
