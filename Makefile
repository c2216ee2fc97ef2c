# Two commands matter: `make run` and `make test`. Both work as root and as anybody else, and say in one line what is
# missing when they cannot install it themselves.

export PATH := $(PATH):/usr/local/go/bin
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
# A checkout that is not ours to write in is built elsewhere.
BIN     := $(shell test -w . && echo $(CURDIR)/bin || echo $${TMPDIR:-/tmp}/homecoming-$$(id -u))
TOOL    := $(GO) tool -modfile=tools/go.mod

.PHONY: run build test lint generate clean go

run: build ## start everything here, with demo data; Ctrl-C stops it
	@exec $(BIN)/homecoming dev

build: go ## build the one binary
	@CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags "-X main.version=$(VERSION)" -o $(BIN)/homecoming ./cmd/homecoming

test: go ## every test, with the race detector, a real PostgreSQL and a real browser
	@tools/need 'gcc|cc:gcc,libc6-dev' 'chromium|google-chrome:chromium,fonts-noto-cjk' 'git:git'
	@[ -n "$$MEILI_URL" ] || command -v meilisearch >/dev/null || \
		echo "SKIP: the Meilisearch half of the ranking tests; set MEILI_URL or put meilisearch on the PATH"
	@command -v stripe-mock >/dev/null || $(GO) install github.com/stripe/stripe-mock@v0.203.0 || \
		echo "SKIP: the replay of our requests to stripe-mock; go install github.com/stripe/stripe-mock@v0.203.0 failed"
	@[ -n "$$FILES_TEST_URL" ] || echo "SKIP: the S3 half of the file store's tests; set FILES_TEST_URL to an empty bucket's address"
	CGO_ENABLED=1 $(GO) test -race -count=1 -timeout 45m ./...

lint: go ## vet, golangci-lint, dead code
	$(GO) vet ./...
	$(TOOL) golangci-lint run ./...
	@dead=$$($(TOOL) deadcode -test ./...) && if [ -n "$$dead" ]; then echo "$$dead"; exit 1; fi

generate: go ## the pages' Go code from their templates
	$(TOOL) templ generate

clean: ## remove what was built, and the private database with all its data
	@if [ -f data/postgres/elsewhere ]; then rm -rf "$$(cat data/postgres/elsewhere)"; fi
	rm -rf bin data coverage.out

go:
	@command -v $(GO) >/dev/null || { echo "please install Go 1.26 or newer (https://go.dev/dl)" >&2; exit 1; }
