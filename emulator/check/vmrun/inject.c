// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does VMRUN deliver an interrupt that it injects once? A machine without an operating system (QEMU
 * loads this as a multiboot kernel) runs a guest of a few instructions. Its handler spends longer,
 * with interrupts disabled, than a timer's tick, which has QEMU leave and enter its execution loop
 * and is masked for the machine: from VMRUN to the guest's VMMCALL there is no #VMEXIT.
 *
 * It cannot show that other kinds of events are injected as they must be.
 *
 * tests/lab/17-vmrun.sh builds and runs it. Says on QEMU's debug port (isa-debugcon), and resets
 * the machine:
 *   exit 81, delivered 1
 */
#include <stdint.h>

#define MSR_EFER	0xc0000080
#define MSR_VM_HSAVE_PA	0xc0010117
#define EFER_SVME	(1 << 12)

#define VECTOR		0x20
#define EVENTINJ_VALID	(1U << 31)

/* Of the VMCB: AMD's manual, volume 2, appendix B. */
#define VMCB_INTERCEPTS	0x010	/* bits 0 and 1: VMRUN, VMMCALL */
#define VMCB_ASID	0x058
#define VMCB_EXITCODE	0x070
#define VMCB_EVENTINJ	0x0a8
#define VMCB_ES		0x400
#define VMCB_CS		0x410
#define VMCB_SS		0x420
#define VMCB_DS		0x430
#define VMCB_GDTR	0x460
#define VMCB_IDTR	0x480
#define VMCB_EFER	0x4d0
#define VMCB_CR0	0x558
#define VMCB_RFLAGS	0x570
#define VMCB_RIP	0x578
#define VMCB_RSP	0x5d8

#define CODE		0x08	/* selectors */
#define DATA		0x10
#define ATTR_CODE	0xc9b
#define ATTR_DATA	0xc93
#define CR0_PE_ET	0x11

#define TICK		100	/* of the PIT, 84 us; the handler takes 2 ms */

__attribute__((section(".multiboot"), used))
static const uint32_t multiboot[] = { 0x1badb002, 0, -0x1badb002 };

static const uint64_t gdt[] = { 0, 0xcf9b000000ffff, 0xcf93000000ffff };
static uint32_t idt[2 * VECTOR + 2];
static uint32_t vmcb[1024] __attribute__((aligned(4096)));
static uint8_t host_save[4096] __attribute__((aligned(4096)));
static uint8_t guest_stack[4096] __attribute__((aligned(16)));

extern volatile uint32_t delivered;
void handler(void);
void guest(void);
void run(void);

asm(".bss; .balign 16; .space 4096\n"
    "stack:	.space 16\n"
    "	.globl delivered\n"
    "delivered: .long 0\n"
    ".text\n"
    "	.globl _start, handler, guest\n"
    "_start: mov $stack, %esp\n"
    "	jmp run\n"
    "guest:	vmmcall\n"
    "handler: incl delivered\n"
    "	mov $1000000, %ecx\n"
    "1:	dec %ecx\n"
    "	jnz 1b\n"
    "	iret\n");

static void out8(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void say(const char *text)
{
	while (*text)
		out8(0xe9, *text++);
}

static void say_hex(uint32_t value)
{
	if (value >> 4)
		say_hex(value >> 4);
	out8(0xe9, "0123456789abcdef"[value & 15]);
}

static void write_msr(uint32_t msr, uint32_t value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"(value), "d"(0));
}

static uint32_t *field(unsigned int offset)
{
	return &vmcb[offset / 4];
}

static void set_segment(unsigned int offset, uint16_t selector, uint16_t attributes)
{
	field(offset)[0] = selector | attributes << 16;
	field(offset)[1] = ~0;
}

static void set_table(unsigned int offset, const void *base, uint32_t bytes)
{
	field(offset)[1] = bytes - 1;
	field(offset)[2] = (uintptr_t)base;
}

static void make_guest(void)
{
	uintptr_t entry = (uintptr_t)handler;

	idt[2 * VECTOR] = CODE << 16 | (entry & 0xffff);
	idt[2 * VECTOR + 1] = (entry & 0xffff0000) | 0x8e00;	/* an interrupt gate */
	set_segment(VMCB_CS, CODE, ATTR_CODE);
	set_segment(VMCB_ES, DATA, ATTR_DATA);
	set_segment(VMCB_SS, DATA, ATTR_DATA);
	set_segment(VMCB_DS, DATA, ATTR_DATA);
	set_table(VMCB_GDTR, gdt, sizeof(gdt));
	set_table(VMCB_IDTR, idt, sizeof(idt));
	*field(VMCB_INTERCEPTS) = 3;
	*field(VMCB_ASID) = 1;
	*field(VMCB_EFER) = EFER_SVME;
	*field(VMCB_CR0) = CR0_PE_ET;
	*field(VMCB_RFLAGS) = 2;
	*field(VMCB_RIP) = (uintptr_t)guest;
	*field(VMCB_RSP) = (uintptr_t)(guest_stack + sizeof(guest_stack));
	*field(VMCB_EVENTINJ) = EVENTINJ_VALID | VECTOR;
}

/* A tick is due again and again, and no interrupt comes of it. */
static void start_timer(void)
{
	out8(0x21, 0xff);
	out8(0xa1, 0xff);
	out8(0x43, 0x34);
	out8(0x40, TICK);
	out8(0x40, 0);
}

void run(void)
{
	make_guest();
	start_timer();
	write_msr(MSR_EFER, EFER_SVME);
	write_msr(MSR_VM_HSAVE_PA, (uintptr_t)host_save);
	asm volatile("vmrun" : : "a"(vmcb) : "ebx", "ecx", "edx", "esi", "edi", "memory", "cc");
	say("exit ");
	say_hex(*field(VMCB_EXITCODE));
	say(", delivered ");
	say_hex(delivered);
	say("\n");
	for (;;)
		out8(0xcf9, 6);
}
