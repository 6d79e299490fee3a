# `make` lists what there is. PORT, VENV, STATE_DIR and PYTHON may be set:
#   make demo PORT=8010 STATE_DIR=/srv/second-shop
VENV ?= .venv
PORT ?= 8000
# Of `make chaos`: how many orders, and what all chances are drawn from.
N ?= 2000
SEED ?= 1
export PORT
# Packages are installed uncompiled, for speed, and compiled as they are first used;
# an environment that forbids to keep that would pay for it at every start.
export PYTHONDONTWRITEBYTECODE :=
ifdef STATE_DIR
export STATE_DIR
endif
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench chaos chaos-teeth css picture setup install install-dev

help: ## list the targets
	@sed -n 's/^\([a-z-]*\): .*## /  make \1\t/p' Makefile | expand -t 24

demo: install ## a shop to try, with a provider to practise on; Ctrl-C stops it
	@"$(BIN)/python" manage.py demo

test: install-dev ## all tests, against servers of their own
	@"$(BIN)/python" -m pytest -n 2

lint: install-dev ## all checks of style, types, layers, templates and settings
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/mypy"
	"$(BIN)/lint-imports"
	"$(BIN)/djlint" templates --lint --quiet
	"$(BIN)/djlint" templates --check
	"$(BIN)/deptry" .
	git ls-files -z '*.py' | xargs -0 "$(BIN)/django-upgrade" --check --target-version 5.2
	@set -e; state=$$(mktemp -d); trap 'rm -rf "$$state"' EXIT; \
	export STATE_DIR="$$state" SITE_URL=https://shop.example.com DB_POOL=0; \
	export DATABASE_URL=postgres://127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1; \
	set -x; \
	"$(BIN)/python" -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run; \
	"$(BIN)/python" manage.py check --deploy --fail-level WARNING

bench: install-dev ## measurements; CATALOGUES=folder imports real catalogues
	@"$(BIN)/python" -m benchmarks

chaos: install-dev ## a whole shop under fire, then the books compared; N=orders SEED=number
	@"$(BIN)/python" -m tests.chaos --orders $(N) --seed $(SEED)

chaos-teeth: install-dev ## deliberate mistakes, and which of the comparisons finds each
	@"$(BIN)/python" -m tests.chaos --seed $(SEED) --teeth

css: ## build static/css/shop.css anew (needs Node and npm; nothing else does)
	npm install --no-package-lock --no-audit --no-fund --silent
	npm run --silent css

picture: install-dev ## draw static/img/share.png anew (needs Chromium)
	@"$(BIN)/python" styles/picture.py

setup: install-dev ## everything installed for work on the shop, nothing started

# --- The virtual environment -----------------------------------------------------
# Installed again when the pinned requirements differ from the copy kept inside it.

install:
	@$(call bootstrap,base)

install-dev:
	@$(call bootstrap,dev)

# The first that is new enough; Debian and Ubuntu ship the venv module apart.
define find_python
for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
  then break; fi; \
  python=; \
done; \
if [ -z "$$python" ]; then \
  echo "Python 3.11 or newer is needed; set PYTHON to where it is." >&2; exit 1; \
fi; \
if ! "$$python" -c 'import venv, ensurepip' 2>/dev/null; then \
  echo "$$python lacks the venv module: on Debian and Ubuntu," \
    "install python3-venv." >&2; exit 1; \
fi
endef

# $(1) is `base` or `dev`; dev holds all of base.
define bootstrap
set -e; wanted=requirements/$(1).txt; venv="$(VENV)"; \
cmp -s "$$wanted" "$$venv/$(1).txt" && "$$venv/bin/python" -c '' 2>/dev/null && exit 0; \
$(find_python); \
echo "Installing into $$venv with $$("$$python" --version), once ..."; \
"$$python" -m venv "$$venv"; \
total=$$(grep -c '==' "$$wanted"); count=0; failed=; \
{ "$$venv/bin/python" -u -m pip install --disable-pip-version-check --no-compile \
    --progress-bar off --no-deps --require-hashes -r "$$wanted" 2>&1 || echo "pip failed"; } | { \
  while read -r line; do case "$$line" in \
    Collecting*|Requirement\ already*) count=$$((count + 1)); \
      printf '\r  package %d of %d ' $$count $$total;; \
    Installing*) printf '\r  installing %d packages ... ' $$count;; \
    ERROR*|"pip failed") failed=1; printf '\n%s' "$$line" >&2;; \
  esac; done; echo; [ -z "$$failed" ]; }; \
cp requirements/base.txt "$$venv/base.txt"; cp "$$wanted" "$$venv/$(1).txt"
endef
