# SPDX-License-Identifier: GPL-2.0-only
# pinlab: `make help` lists what there is to do.

comma	:= ,
BUILD	:= build$(if $(SAN),-san)
CC	?= gcc
WARN	:= -Wall -Wextra -Wformat=2 -Wmissing-prototypes -Wstrict-prototypes -Wwrite-strings \
	   -Wsign-compare -Werror
CFLAGS	?= -O2 -g
SANFLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all)
BASE	:= -std=gnu17 -D_GNU_SOURCE $(WARN) -iquote runner -MMD -MP -ffile-prefix-map=$(CURDIR)=.
Q	:= $(if $(V),,@)
say	= $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

common	:= $(wildcard runner/common/*.c)
runner	:= $(filter-out runner/main.c,$(wildcard runner/*.c $(patsubst %,runner/%/*.c,stats compare patches site))) \
	   $(common)
agent	:= $(wildcard runner/agent/*.c) $(common)
agent_pure := $(patsubst %,runner/agent/%.c,pairing tracefs_parse launchphase splat inbound perf_value procfs \
	      tool tool_fio tool_stress)
# No tables of metrics and workloads: the guest of a boot cell must not change with them.
probe	:= bench/guest/probe.c bench/guest/data.c bench/guest/touch.c runner/common/frame.c runner/common/kmsg.c
toolprobe := $(probe) bench/guest/tool.c
units	:= $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
RUNNER_LIBS := -lcrypto -linih -ljansson -lcsv -lz -lm
STATIC_LIBS := -linih -lz -lm
# probe and toolprobe are of the same sources
$(BUILD)/static/bench/guest/%.o: BASE += -DPROBE_TOOL=0
$(BUILD)/tool/bench/guest/%.o: BASE += -DPROBE_TOOL=1

.DEFAULT_GOAL := all
.PHONY: all
all: runner/runner runner/warm-start $(BUILD)/agent $(BUILD)/micro $(BUILD)/probe $(BUILD)/toolprobe	## the programs

include bench/micro/build.mk

# Renamed into place: the old one may be at work.
runner/runner runner/warm-start: runner/%: $(BUILD)/%
	$(Q)cp $< $@.new && mv $@.new $@

$(BUILD)/runner: $(runner:%.c=$(BUILD)/o/%.o) $(BUILD)/o/runner/main.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) -o $@ $^ $(RUNNER_LIBS)

$(BUILD)/warm-start: $(patsubst %,$(BUILD)/o/runner/%.o,warm/main warm/qmp util)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) -o $@ $^ -ljansson

# The agent and the probe run where there is no libc: static, and never sanitized.
$(BUILD)/agent: $(agent:%.c=$(BUILD)/static/%.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -static -pthread -o $@ $^ -ljansson $(STATIC_LIBS)

$(BUILD)/probe: $(probe:%.c=$(BUILD)/static/%.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -static -o $@ $^ $(STATIC_LIBS)

$(BUILD)/toolprobe: $(toolprobe:%.c=$(BUILD)/tool/%.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -static -o $@ $^ $(STATIC_LIBS)

# What makes records, beside the builds, and results of them: part of what an earlier result's key stands for.
made_by	:= $(sort $(wildcard runner/common/*.[ch] runner/result*.[ch] runner/warm/*.[ch] $(patsubst %,runner/%.[ch], \
	   csvfile ktap stats/stats sums util verdict) runner/host.c runner/host-emulated.c))
$(BUILD)/o/runner/reuse.o: BASE += -DRESULT_MADE_BY='"$(shell cat $(made_by) | sha256sum | cut -c1-16)"'
$(BUILD)/o/runner/reuse.o: $(made_by)

.PHONY: made-by
made-by:
	$(Q)echo $(made_by)

$(BUILD)/o/%.o: %.c | deps
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(CFLAGS) $(SANFLAGS) -c -o $@ $<

$(BUILD)/static/%.o: %.c | deps
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(CFLAGS) -pthread -c -o $@ $<

$(BUILD)/tool/%.o: %.c | deps
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(CFLAGS) -pthread -c -o $@ $<

# Plays the agent for the unit tests of the runner, within an emulated host's limits of memory.
$(BUILD)/fake-agent: $(BUILD)/static/tests/fake-agent.o $(common:%.c=$(BUILD)/static/%.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -static -o $@ $^ $(STATIC_LIBS)

$(BUILD)/tests/%: $(BUILD)/o/tests/unit/%.o $(runner:%.c=$(BUILD)/o/%.o) $(agent_pure:%.c=$(BUILD)/o/%.o)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) -o $@ $^ -lcmocka $(RUNNER_LIBS)

CONF	?= configs/default.conf
KERNELS	?= $(patsubst kernels/%.kernel,%,$(wildcard kernels/*.kernel))
PREFIX	?= /usr/local

.PHONY: help
help:			## this list
	$(Q)grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/:/' | \
		awk -F': *' '{ printf "  make %-12s %s\n", $$1, $$2 }'
	$(Q)echo "  variables: CONF=$(CONF) KERNELS='$(KERNELS)' PREFIX=$(PREFIX) V=1 SAN=1 PINLAB_CACHE=DIR"

.PHONY: deps
deps:			## install the Debian packages of the file `packages` that are missing
	$(Q)tests/lib/deps.sh packages

.PHONY: emulator
emulator: deps		## build QEMU as an emulated SEV host (cached)
	$(Q)emulator/build.sh >/dev/null

# A matrix needs the kernels that it names. The tests need these:
TEST_KERNELS := v6.12 v6.12-nopin v6.12-spte v6.12-memslot v6.1 v6.1-spte
test bench: KERNELS = $(TEST_KERNELS)
matrix hazards torture: KERNELS = $$(runner/runner --plan $(CONF) --json | jq -r '[.cells[].kernel] | unique[]')
hazards: CONF = configs/hazards.conf
torture: CONF = configs/torture.conf

.PHONY: kernels
kernels: deps all	## build the kernels in KERNELS (cached)
	$(Q)names="$(KERNELS)"; [ -n "$$names" ] && kernels/build.sh $$names >/dev/null

.PHONY: selftests
selftests: deps		## build the KVM selftests of the kernels in KERNELS (cached)
	$(Q)kernels/build.sh --selftests $(KERNELS) >/dev/null

.PHONY: images
images: all emulator	## build the image of the bench host and of the guest (cached)
	$(Q)bench/build.sh >/dev/null

.PHONY: lab
lab: emulator kernels images	## everything that a matrix needs

.PHONY: matrix
matrix: lab		## run the matrix CONF: records, CSV, plots
	$(Q)runner/runner --matrix $(CONF)

.PHONY: hazards
hazards: lab		## run configs/hazards.conf: who keeps a guest's data right?
	$(Q)runner/runner --matrix $(CONF)

.PHONY: torture
torture: lab		## run configs/torture.conf: a running guest's memory under stress
	$(Q)runner/runner --matrix $(CONF)

.PHONY: nightly
nightly:		## fetch, build, run CONF, compare with the baseline, dashboard
	$(Q)runner/nightly.sh $(CONF)

.PHONY: test
test: lab selftests	## all tests; ends with 'N passed, N failed'
	$(Q)tests/run.sh

.PHONY: unit
unit:			## unit tests, plain and under ASan and UBSan
	$(Q)tests/run.sh unit

.PHONY: bench
bench: lab		## what the lab itself costs, in figures
	$(Q)tests/bench.sh

libdir	= $(DESTDIR)$(PREFIX)/lib/pinlab

.PHONY: install
install: all		## install below PREFIX; the program is then called pinlab
	$(Q)install -d $(libdir)/runner $(libdir)/build $(DESTDIR)$(PREFIX)/bin
	$(Q)cp -R emulator kernels bench configs plots $(libdir)/
	$(Q)install $(BUILD)/agent $(BUILD)/micro $(BUILD)/probe $(BUILD)/toolprobe $(libdir)/build/
	$(Q)install runner/runner runner/warm-start $(libdir)/runner/
	$(Q)ln -sfn ../lib/pinlab/runner/runner $(DESTDIR)$(PREFIX)/bin/pinlab

.PHONY: unit-programs unit-run
unit-programs: $(units:%=$(BUILD)/tests/%) $(BUILD)/fake-agent $(BUILD)/runner

unit-run: unit-programs
	$(Q)for t in $(units:%=$(BUILD)/tests/%); do ./$$t || exit 1; done

.PHONY: clean
clean:			## remove what was built here (not the caches, not the results)
	$(Q)rm -rf build build-san runner/runner runner/warm-start

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
