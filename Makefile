# `make run` and `make test` do what the README's two commands do.
PYTHON ?= python3

.PHONY: run test check

run:
	$(PYTHON) -m venv .venv
	.venv/bin/pip install -q -e .
	.venv/bin/python -m app --suite des3-bg-hmac

test:
	$(PYTHON) -m venv .venv
	.venv/bin/pip install -q -e '.[test]'
	.venv/bin/python -m pytest -n auto

check:
	.ci/run
