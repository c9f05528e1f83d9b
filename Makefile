# SPDX-License-Identifier: GPL-2.0-only
# pinlab: `make help` lists what there is to do.

BUILD	:= build$(if $(SAN),-san)
CC	?= gcc
WARN	:= -Wall -Wextra -Wformat=2 -Wmissing-prototypes -Wstrict-prototypes -Wwrite-strings \
	   -Wsign-compare -Werror
CFLAGS	?= -O2 -g
SANFLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all)
comma	:= ,
BASE	:= -std=gnu17 -D_GNU_SOURCE $(WARN) -Irunner -MMD -MP -ffile-prefix-map=$(CURDIR)=.
Q	:= $(if $(V),,@)
say	= $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

common	:= $(wildcard runner/common/*.c)
runner	:= $(filter-out runner/main.c,$(wildcard runner/*.c)) $(common)
agent	:= $(wildcard runner/agent/*.c) $(common)
probe	:= $(wildcard bench/guest/*.c) $(common)
units	:= $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
RUNNER_LIBS := -linih -ljansson -lcsv -lz -lm
STATIC_LIBS := -linih -lz -lm

.DEFAULT_GOAL := all
.PHONY: all
all: runner/runner $(BUILD)/agent $(BUILD)/micro $(BUILD)/probe	## the programs

include bench/micro/build.mk

runner/runner: $(BUILD)/runner
	$(Q)cp $< $@

$(BUILD)/runner: $(runner:%.c=$(BUILD)/o/%.o) $(BUILD)/o/runner/main.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) -o $@ $^ $(RUNNER_LIBS)

# The agent and the probe run where there is no libc: static, and never sanitized.
$(BUILD)/agent: $(agent:%.c=$(BUILD)/static/%.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -static -pthread -o $@ $^ $(STATIC_LIBS)

$(BUILD)/probe: $(probe:%.c=$(BUILD)/static/%.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -static -o $@ $^ $(STATIC_LIBS)

$(BUILD)/o/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(CFLAGS) $(SANFLAGS) -c -o $@ $<

$(BUILD)/static/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(CFLAGS) -pthread -c -o $@ $<

$(BUILD)/tests/%: $(BUILD)/o/tests/unit/%.o $(runner:%.c=$(BUILD)/o/%.o)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) -o $@ $^ -lcmocka $(RUNNER_LIBS)

.PHONY: unit-run
unit-run: $(units:%=$(BUILD)/tests/%)
	$(Q)for t in $^; do ./$$t || exit 1; done

.PHONY: clean
clean:			## remove what was built here (not the caches, not the results)
	$(Q)rm -rf build build-san runner/runner

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
