# SPDX-License-Identifier: GPL-2.0-or-later
# The commands for people; meson builds. Each does all of its own set-up.

RELEASE = build/release

all: release

# The packages of packaging/debian-packages.txt, if some are missing (needs root).
setup:
	@packaging/setup

release: setup
	@tests/run build release

# Towns of nodes on this machine: a client walks through a cloud; two clouds reach each other;
# the Internet comes in by three nodes.
demo: release
	@$(RELEASE)/src/nuvol-lab/nuvol-lab run examples/demo/demo.scenario
	@$(RELEASE)/src/nuvol-lab/nuvol-lab run examples/demo/clouds.scenario
	@$(RELEASE)/src/nuvol-lab/nuvol-lab run examples/demo/exits.scenario

# Everything, as CI runs it: the last line is "N passed, N failed".
test: setup
	@tests/run all

# The same with more rounds, then each fuzz target.
test-long: setup
	@tests/run all --long

# Format, layers, purity, sizes.
check: setup
	@tests/run checks

# Each target for FUZZ_SECONDS (default 60); FUZZ=NAME for one of them.
fuzz: setup
	@tests/run fuzz

# Small towns of the simulator, a thousand seeds for each set of faults; SEEDS=1-50 for some of them.
nightly: release
	@nice tests/sim/nightly.py --seeds $(or $(SEEDS),1-1000) $(RELEASE)/src/nuvol-sim/nuvol-sim

# Faults planted in the cores: do the simulator's checks see them?
mutate: setup
	@nice tests/mutate/mutate.py

# What the tests below namespaces reach of the cores, a line each; at least 90 % of lines, 80 % of branches.
coverage: setup
	@tests/run coverage

# Ratios against a Linux bridge in the same run.
bench: release
	@tests/bench/run

# Members of the group nuvol may look at the node without being root.
install: release
	meson install -C $(RELEASE) --no-rebuild
	@test -n "$(DESTDIR)" || getent group nuvol >/dev/null || groupadd --system nuvol

clean:
	rm -rf build

.PHONY: all setup release demo test test-long check fuzz nightly mutate coverage bench install clean
