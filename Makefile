# Two commands are all it takes: make demo, make test. Both make what they need.
PYTHON ?= python3
RUN = $(PYTHON) -m tools.env

.PHONY: help env demo test lint bench i18n
help:
	@echo "make demo     Odoo and the sandbox with a demo provider (EXIT=1: do not stay)"
	@echo "make test     all tests (T=client|sync|sandbox|addon|oca|e2e or a path: that part)"
	@echo "make lint     what a commit must pass; the formatters mend what they can"
	@echo "make i18n     write the translation template and merge it into pt_BR"
	@echo "make bench    measure"
	@echo "make env      only get and install what the others need"

env:
	@$(RUN)

demo:
	@$(RUN) demo $(if $(EXIT),--exit)

test:
	@$(RUN) testing $(T)

lint:
	@$(RUN) lint

i18n:
	@$(RUN) i18n

bench:
	@$(RUN) bench
