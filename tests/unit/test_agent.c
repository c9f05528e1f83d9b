// SPDX-License-Identifier: GPL-2.0-only
/* The pure parts of the agent: pairing of fault events, tracefs formats, launch phases, splats. */
#include <errno.h>
#include <linux/kvm.h>
#include <math.h>

#include "agent/inbound.h"
#include "agent/launchphase.h"
#include "agent/pairing.h"
#include "agent/splat.h"
#include "agent/tracefs.h"
#include "common/kmsg.h"
#include "fixture.h"

enum step_kind { EXIT, ENTRY, MMIO, OUT, OUT_PREEMPTED, IN };

struct step {
	enum step_kind kind;
	uint32_t tid;
	uint64_t t_ns, gpa, error;
	int fault;		/* ENTRY: the kind that must come out, or -1 */
	uint64_t latency_ns;
};

static void run_steps(struct pairing *p, const struct step *s, size_t n)
{
	struct record_fault f;

	for (; n--; s++) {
		switch (s->kind) {
		case EXIT:
			pairing_exit(p, 1, s->tid, s->tid - 100, s->t_ns, s->gpa, s->error);
			break;
		case MMIO:
			pairing_mmio(p, s->tid);
			break;
		case OUT:
		case OUT_PREEMPTED:
			pairing_switch(p, s->tid, s->t_ns, true, s->kind == OUT_PREEMPTED);
			break;
		case IN:
			pairing_switch(p, s->tid, s->t_ns, false, false);
			break;
		case ENTRY:
			if (!pairing_entry(p, s->tid, s->t_ns, &f)) {
				assert_int_equal(s->fault, -1);
				break;
			}
			assert_int_equal(f.kind, s->fault);
			assert_int_equal(f.latency_ns, s->latency_ns);
			assert_int_equal(f.vcpu, s->tid - 100);
		}
	}
}

static void test_pairing(void **state)
{
	static const struct step steps[] = {
		{ ENTRY, 100, 5, 0, 0, -1, 0 },
		{ EXIT, 100, 10, 0x1000, 6, 0, 0 },
		{ ENTRY, 100, 15, 0, 0, FAULT_FIRST, 5 },
		{ ENTRY, 100, 16, 0, 0, -1, 0 },		/* an exit of another kind */
		{ EXIT, 100, 20, 0x1fff, 6, 0, 0 },		/* the same page */
		{ ENTRY, 100, 27, 0, 0, FAULT_REFAULT, 7 },
		{ EXIT, 100, 30, 0, 6, 0, 0 },			/* gfn 0 is a gfn, too */
		{ ENTRY, 100, 31, 0, 0, FAULT_FIRST, 1 },
		/* preempted time is not the fault's, sleep is */
		{ EXIT, 100, 40, 0x2000, 6, 0, 0 },
		{ OUT_PREEMPTED, 100, 42, 0, 0, 0, 0 },
		{ IN, 100, 62, 0, 0, 0, 0 },
		{ OUT, 100, 63, 0, 0, 0, 0 },
		{ IN, 100, 73, 0, 0, 0, 0 },
		{ ENTRY, 100, 75, 0, 0, FAULT_FIRST, 15 },
		/* outside of a fault switches do not count */
		{ OUT_PREEMPTED, 100, 76, 0, 0, 0, 0 },
		{ IN, 100, 80, 0, 0, 0, 0 },
		{ EXIT, 100, 81, 0x3000, 6, 0, 0 },
		{ ENTRY, 100, 83, 0, 0, FAULT_FIRST, 2 },
		/* MMIO by error code or by kvm_mmio; it leaves the gfn unseen */
		{ EXIT, 100, 90, 0xfee00000, 0xf, 0, 0 },
		{ ENTRY, 100, 91, 0, 0, FAULT_MMIO, 1 },
		{ EXIT, 100, 92, 0x4000, 6, 0, 0 },
		{ MMIO, 100, 0, 0, 0, 0, 0 },
		{ ENTRY, 100, 94, 0, 0, FAULT_MMIO, 2 },
		{ MMIO, 100, 0, 0, 0, 0, 0 },
		{ EXIT, 100, 95, 0x4000, 6, 0, 0 },
		{ ENTRY, 100, 96, 0, 0, FAULT_FIRST, 1 },
		/* two vCPUs on one gfn: the later is spurious; on different ones it is not */
		{ EXIT, 100, 100, 0x5000, 6, 0, 0 },
		{ EXIT, 101, 101, 0x5008, 6, 0, 0 },
		{ EXIT, 102, 101, 0x6000, 6, 0, 0 },
		{ ENTRY, 101, 103, 0, 0, FAULT_SPURIOUS, 2 },
		{ ENTRY, 102, 104, 0, 0, FAULT_FIRST, 3 },
		{ ENTRY, 100, 105, 0, 0, FAULT_REFAULT, 5 },
		/* an exit whose entry was lost */
		{ EXIT, 100, 110, 0x7000, 6, 0, 0 },
		{ EXIT, 100, 120, 0x8000, 6, 0, 0 },
		{ ENTRY, 100, 121, 0, 0, FAULT_FIRST, 1 },
	};
	struct pairing p;

	(void)state;
	assert_int_equal(pairing_init(&p, 0), 0);
	run_steps(&p, steps, sizeof(steps) / sizeof(steps[0]));
	assert_int_equal(pairing_unpaired(&p), 1);
	assert_int_equal(p.exits, 13);
	assert_int_equal(p.not_reserved, 12);
	pairing_free(&p);
}

/* The set of seen gfns grows past what it was made for, and forgets none. */
static void test_pairing_growth(void **state)
{
	struct record_fault f;
	struct pairing p;

	(void)state;
	assert_int_equal(pairing_init(&p, 1 << 20), 0);
	for (int pass = 0; pass < 2; pass++) {
		for (uint64_t i = 0; i < 50000; i++) {
			pairing_exit(&p, 1, 1, 0, i, i * 7 << 12, 6);
			assert_true(pairing_entry(&p, 1, i + 1, &f));
			assert_int_equal(f.kind, pass ? FAULT_REFAULT : FAULT_FIRST);
		}
	}
	assert_int_equal(p.nr_seen, 50000);
	pairing_free(&p);
}

/* Guests of two processes: one's gfns are not the other's. */
static void test_pairing_processes(void **state)
{
	struct record_fault f;
	struct pairing p;

	(void)state;
	assert_int_equal(pairing_init(&p, 0), 0);
	for (int pass = 0; pass < 2; pass++) {
		pairing_exit(&p, 1, 11, 0, 10, 0x1000, 6);
		pairing_exit(&p, 2, 22, 0, 11, 0x1000, 6);
		for (uint32_t tid = 11; tid <= 22; tid += 11) {
			assert_true(pairing_entry(&p, tid, 12, &f));
			assert_int_equal(f.kind, pass ? FAULT_REFAULT : FAULT_FIRST);
		}
	}
	pairing_free(&p);
}

static void test_pairing_threads(void **state)
{
	struct record_fault f;
	struct pairing p;

	(void)state;
	assert_int_equal(pairing_init(&p, 0), 0);
	for (uint32_t tid = 1; tid <= PAIRING_THREADS_MAX + 5; tid++)
		pairing_exit(&p, 1, tid, 0, tid, (uint64_t)tid << 12, 6);
	assert_int_equal(p.exits, PAIRING_THREADS_MAX + 5);
	assert_false(pairing_entry(&p, PAIRING_THREADS_MAX + 1, 5000, &f));
	assert_true(pairing_entry(&p, PAIRING_THREADS_MAX, 5000, &f));
	assert_int_equal(pairing_unpaired(&p), PAIRING_THREADS_MAX + 4);
	pairing_drop(&p);
	assert_false(pairing_entry(&p, 1, 5000, &f));
	assert_int_equal(pairing_unpaired(&p), PAIRING_THREADS_MAX + 4);
	pairing_free(&p);
}

static const char format[] =
	"name: kvm_exit\n"
	"ID: 1234\n"
	"format:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\n"
	"\tfield:unsigned int exit_reason;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned long guest_rip;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 info1;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:const char *name;\toffset:40;\tsize:8;\tsigned:0;\n"
	"\tfield:u32 nested[2];\toffset:48;\tsize:8;\tsigned:0;\n"
	"\n"
	"print fmt: \"vcpu %u reason %s\", REC->vcpu_id, REC->info2\n";

static void test_tracefs(void **state)
{
	struct tracepoint tp = { "kvm", "kvm_exit", { "info1", "exit_reason", "name", "nested" },
				 NULL, 0, { { 0, 0 } } };
	struct tracepoint bad = { "kvm", "kvm_exit", { "info1", "info", NULL }, NULL, 0,
				  { { 0, 0 } } };
	uint8_t raw[40] = { 0 };
	const char *missing;

	(void)state;
	assert_int_equal(tracefs_parse(&tp, format, &missing), 0);
	assert_int_equal(tp.id, 1234);
	assert_int_equal(tp.at[0].offset, 32);
	assert_int_equal(tp.at[1].size, 4);
	assert_int_equal(tp.at[2].offset, 40);
	assert_int_equal(tp.at[3].offset, 48);

	raw[8] = 0x00;
	raw[9] = 0x04;
	raw[32] = 0xff;
	raw[39] = 0x80;
	assert_int_equal(tracefs_field(&tp, 0, raw, sizeof(raw)), 0x80000000000000ffULL);
	assert_int_equal(tracefs_field(&tp, 1, raw, sizeof(raw)), 0x400);
	assert_int_equal(tracefs_field(&tp, 0, raw, sizeof(raw) - 1), 0);

	assert_int_equal(tracefs_parse(&bad, format, &missing), -ENOENT);
	assert_string_equal(missing, "info");
	assert_int_equal(tracefs_parse(&tp, "name: x\n", &missing), -ENOENT);
	assert_string_equal(missing, "ID");
	assert_int_equal(tracefs_parse(&tp, "", &missing), -ENOENT);
}

static void test_launchphase(void **state)
{
	struct launchphase l = { .tid = 0 };
	enum phase phase;

	(void)state;
	assert_false(launchphase_exit(&l, 7, &phase));
	assert_false(launchphase_enter(&l, 7, KVM_CREATE_VM, &phase));
	assert_true(launchphase_enter(&l, 7, KVM_MEMORY_ENCRYPT_REG_REGION, &phase));
	assert_int_equal(phase, PHASE_REGISTER);
	assert_false(launchphase_exit(&l, 8, &phase));	/* another thread's ioctl */
	assert_true(launchphase_exit(&l, 7, &phase));
	assert_int_equal(phase, PHASE_DEFINE);
	assert_true(launchphase_enter(&l, 8, (uint32_t)KVM_MEMORY_ENCRYPT_OP, &phase));
	assert_int_equal(phase, PHASE_LAUNCH);
	assert_true(launchphase_exit(&l, 8, &phase));
	assert_true(launchphase_run(&l, &phase));
	assert_int_equal(phase, PHASE_FIRMWARE);
	assert_false(launchphase_run(&l, &phase));
	assert_false(launchphase_enter(&l, 7, KVM_MEMORY_ENCRYPT_REG_REGION, &phase));
}

/* The filter is text: hold it against the headers. */
static void test_launchphase_filter(void **state)
{
	char want[256];

	(void)state;
	snprintf(want, sizeof(want), "cmd == %#x || cmd == 0xffffffff%x || cmd == %#x || "
		 "cmd == 0xffffffff%x", (unsigned int)KVM_MEMORY_ENCRYPT_REG_REGION,
		 (unsigned int)KVM_MEMORY_ENCRYPT_REG_REGION, (unsigned int)KVM_MEMORY_ENCRYPT_OP,
		 (unsigned int)KVM_MEMORY_ENCRYPT_OP);
	assert_string_equal(LAUNCHPHASE_FILTER, want);
}

static void test_splat(void **state)
{
	static const struct {
		const char *line, *kind;
	} rows[] = {
		{ "[    1.0] WARNING: CPU: 0 PID: 1 at arch/x86/kvm/mmu.c:5 f+0x1/0x2", "WARNING" },
		{ "[    1.0] BUG: kernel NULL pointer dereference, address: 0", "BUG" },
		{ "[    1.0] BUG: KASAN: use-after-free in f+0x1/0x2", "KASAN" },
		{ "[    1.0] kernel BUG at mm/slub.c:1!", "BUG" },
		{ "[    1.0] Oops: 0000 [#1] PREEMPT SMP", "Oops" },
		{ "[    1.0] general protection fault, probably for non-canonical", "Oops" },
		{ "[    1.0] WARNING: possible circular locking dependency detected", "lockdep" },
		{ "[    1.0] rcu: INFO: rcu_sched self-detected stall on CPU", "RCU stall" },
		{ "[    1.0] Kernel panic - not syncing: x", "panic" },
		{ "[    1.0] kvm_amd: SEV enabled (ASIDs 1 - 15)", NULL },
		{ "[    1.0] TAA: Vulnerable: no microcode. WARNING", NULL },
		{ "[    1.0] Warning: unable to open an initial console.", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *kind = splat_kind(rows[i].line);

		if (rows[i].kind)
			assert_string_equal(kind, rows[i].kind);
		else
			assert_null(kind);
	}
}

static void test_kmsg(void **state)
{
	char line[KMSG_LINE_MAX];
	char record[] = "6,1,1234567,-;text; more\n SUBSYSTEM=pci\n";
	char none[] = "no record";

	(void)state;
	assert_int_equal(kmsg_format(line, record), 26);
	assert_string_equal(line, "[    1.234567] text; more\n");
	assert_int_equal(kmsg_format(line, none), 0);
}

/* One record of a peer: of `len` bytes, a metric's or an end's struct if it has that type. */
struct sent {
	enum record_type type;
	uint32_t len;
	const char *name;
	double value;
	uint32_t number;	/* of a phase, status */
};

static void put_sent(struct frame_writer *w, const struct sent *s)
{
	union {
		struct record_hello hello;
		struct record_phase phase;
		struct record_metric metric;
		struct record_end end;
	} r;

	memset(&r, 0, sizeof(r));
	if (s->type == RECORD_METRIC) {
		memcpy(r.metric.name, s->name, strnlen(s->name, sizeof(r.metric.name)));
		r.metric.value = s->value;
	} else if (s->type == RECORD_PHASE) {
		r.phase.phase = s->number;
	} else if (s->type == RECORD_END) {
		r.end.status = s->number;
		memset(r.end.reason, 'x', s->value != 0 ? sizeof(r.end.reason) : 1);
	}
	assert_int_equal(frame_write(w, s->type, &r, s->len, NULL, 0), 0);
}

#define HELLO	{ RECORD_HELLO, sizeof(struct record_hello), NULL, 0, 0 }
#define METRIC(name, v)	{ RECORD_METRIC, sizeof(struct record_metric), name, v, 0 }
#define PHASE_IS(n)	{ RECORD_PHASE, sizeof(struct record_phase), NULL, 0, n }
#define END(status, v)	{ RECORD_END, sizeof(struct record_end), NULL, v, status }
#define LONG	"0123456789012345678901234567890123456789012345678"

static void test_inbound(void **state)
{
	static const char *const names[] = { "guest_a", "guest_b", NULL };
	static const struct {
		struct sent sent[4];
		const char *reason;	/* why the last is refused, or NULL */
	} rows[] = {
		{ { HELLO, METRIC("guest_a", 1), METRIC("guest_b", -1), END(STATUS_PASS, 0) },
		  NULL },
		{ { HELLO, PHASE_IS(PHASE_WORKLOAD) }, NULL },
		{ { METRIC("guest_a", 1), METRIC("guest_a", 1) }, "'guest_a' sent twice" },
		{ { METRIC("npf_lost", 1) }, "'npf_lost' is not its to send" },
		{ { METRIC("guest_a", NAN) }, "'guest_a' is not a number" },
		{ { METRIC("guest_a", -INFINITY) }, "'guest_a' is not a number" },
		{ { METRIC(LONG, 1) }, "a metric's name has no end" },
		{ { HELLO, HELLO }, "a second hello" },
		{ { PHASE_IS(PHASES) }, "unknown phase" },
		{ { END(STATUS_HOST_PANIC, 0) }, "unknown status" },
		{ { END(STATUS_PASS, 1) }, "unknown status" },
		{ { END(STATUS_PASS, 0), END(STATUS_PASS, 0) }, "a record after the end" },
		{ { { RECORD_PHASE, 3, NULL, 0, 0 } }, "record of a wrong length" },
		{ { { RECORD_GATE, 8, NULL, 0, 0 } }, "a record that is not its to send" },
	};
	char bytes[4096], err[OPT_ERR_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct inbound in = {
			.metrics = names,
			.types = 1 << RECORD_HELLO | 1 << RECORD_PHASE | 1 << RECORD_METRIC |
				 1 << RECORD_END,
		};
		struct frame_writer w = { .fd = -1 };
		struct frame f;
		int fds[2], n = 0, ret;

		assert_int_equal(pipe(fds), 0);
		w.fd = fds[1];
		while (n < 4 && rows[i].sent[n].type)
			put_sent(&w, &rows[i].sent[n++]);
		assert_int_equal(frame_feed(&in.reader, bytes, read(fds[0], bytes, 4096)), 0);
		while (--n)
			assert_int_equal(inbound_next(&in, &f, err), 1);
		ret = inbound_next(&in, &f, err);
		if (ret != (rows[i].reason ? -EBADMSG : 1) ||
		    (rows[i].reason && !strstr(err, rows[i].reason)))
			fail_msg("row %zu: %d, %s", i, ret, err);
		frame_reader_free(&in.reader);
		close(fds[0]);
		close(fds[1]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairing),
		cmocka_unit_test(test_pairing_growth),
		cmocka_unit_test(test_pairing_processes),
		cmocka_unit_test(test_pairing_threads),
		cmocka_unit_test(test_tracefs),
		cmocka_unit_test(test_launchphase),
		cmocka_unit_test(test_launchphase_filter),
		cmocka_unit_test(test_splat),
		cmocka_unit_test(test_kmsg),
		cmocka_unit_test(test_inbound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
