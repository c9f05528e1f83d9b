# SPDX-License-Identifier: GPL-2.0-only
# The micro guest: a VMM (static; its memory use is measured) with the guest's code inside.

micro	  := $(wildcard bench/micro/*.c) $(common)
payload	  := $(BUILD)/payload/payload
PAYLOAD_CFLAGS := -std=gnu17 $(WARN) -O2 -ffreestanding -nostdlib -static -fno-pic -fno-pie \
		  -mno-red-zone -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
		  -fno-asynchronous-unwind-tables -MMD -MP -ffile-prefix-map=$(CURDIR)=.

$(BUILD)/micro: $(micro:%.c=$(BUILD)/static/%.o) $(payload)-blob.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -static -o $@ $^ $(STATIC_LIBS)

$(BUILD)/payload/%.o: bench/micro/payload/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PAYLOAD_CFLAGS) -c -o $@ $<

$(payload).bin: $(payload).o $(BUILD)/payload/serve.o bench/micro/payload/payload.lds
	$(call say,LINK,$@)
	$(Q)$(LD) -nostdlib -static --build-id=none -T bench/micro/payload/payload.lds \
		-o $(payload).elf $(filter %.o,$^)
	$(Q)objcopy -O binary $(payload).elf $@

$(payload)-blob.o: bench/micro/payload/blob.S $(payload).bin
	$(Q)$(CC) -I$(BUILD)/payload -c -o $@ $<
