# Each target does its own set-up; see .ci/setup for what it installs and when.
.DEFAULT_GOAL := help
.PHONY: help demo test lint bench fuzz soak model model-eval clean
# A toolchain that rustup has just installed is found before the shell is restarted.
export PATH := $(PATH):$(HOME)/.cargo/bin
# Seconds for each fuzz target.
TIME ?= 60
# Minutes of a free core for training, and where it works; PYTHON is what `setup` there makes.
MINUTES ?= 300
WORK ?= out/model
PYTHON = OMP_NUM_THREADS=1 ONEDNN_PRIMITIVE_CACHE_CAPACITY=8192 $(WORK)/venv/bin/python
# Clips a set in the model's evaluation.
CLIPS ?= 200
# Simulated hours of the soak, and its first day.
HOURS ?= 24
SEED ?= 1

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-12s %s\n", $$1, $$2 }'

demo: ## set up, build, and answer the recordings in tests/recordings/demo; replies go to out/demo
	@.ci/setup build
	@echo "Building Mynah. The first time, whisper.cpp and some 300 crates are compiled: 5 to 15 minutes." >&2
	@cargo build --release --locked
	@cargo run --release --locked --quiet -- ask --audio tests/recordings/demo --out out/demo

test: ## set up, then every test, and the headless ones once more without a network
	@.ci/setup test
	@.ci/tests
	@.ci/offline

lint: ## format, clippy, docs, licences and banned crates, and the proof that the walls bite
	@.ci/setup lint
	cargo fmt --check
	cargo fmt --check --manifest-path tests/fuzz/Cargo.toml
	cargo clippy --all-targets --locked -- -D warnings
	@# The fuzz targets are no part of the build; a change that breaks them is told here.
	cp Cargo.lock tests/fuzz/Cargo.lock
	cargo check --manifest-path tests/fuzz/Cargo.toml --target-dir target
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked
	@.ci/breach
	@# Advisories are left out: they are fetched from a Git host at run time, so that a check could fail without a
	@# change here, and would reach a host that no region's table names.
	cargo fetch --locked --quiet
	target/tools/bin/cargo-deny --offline --locked --config .deny.toml check --deny warnings bans licenses sources

bench: ## stages of the pipeline, the door beside a bare client, transcription against whisper.cpp's own defaults, the live daemon (MODEL=file to choose)
	@.ci/setup build
	cargo bench --locked --bench stages --bench door --bench peer --bench live

fuzz: ## every parser of foreign bytes, TIME=60 seconds each
	@.ci/setup build
	@tests/fuzz/run $(TIME)

model: ## train the built-in speech model anew in out/model (MINUTES=300; MINUTES=2 proves the pipeline)
	@models/training/setup $(WORK)
	$(PYTHON) models/training/recipe.py $(WORK) $(MINUTES)

model-eval: ## what Mynah makes of fresh recordings with the committed model; tables and plots go to models/CARD.md
	@models/training/setup $(WORK)
	@.ci/setup build
	@cargo build --release --locked
	$(PYTHON) models/training/clips.py evaluation $(WORK)/evaluation $(CLIPS)
	$(PYTHON) models/training/humans.py $(WORK)/humans
	$(PYTHON) models/training/evaluate.py $(WORK) models/builtin-en-q8_0.bin target/release/mynah models

soak: ## days of the live session with every fault, faster than they pass: HOURS=24, SEED=1
	@.ci/setup build
	HOURS=$(HOURS) SEED=$(SEED) cargo test --locked --test it soak:: -- --ignored --nocapture --test-threads=1

clean: ## remove what was built and what the demo wrote
	cargo clean
	rm -rf out
