// SPDX-License-Identifier: GPL-2.0-only
/* A record stream as an agent would write it, in a cell's temporary folder. */
#ifndef PINLAB_TEST_STREAM_H
#define PINLAB_TEST_STREAM_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/frame.h"
#include "csvfile.h"
#include "result.h"

#define T0	1000000000ULL	/* of the host when the cell starts */

struct fixture {
	char dir[64];
	char err[OPT_ERR_MAX];
	struct cell cell;
	struct execution ex;
	struct frame_writer w;
};

static inline char *slurp(const struct fixture *f, const char *name)
{
	char path[PATH_MAX], *text = calloc(1, 1 << 20);
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	in = fopen(path, "r");
	if (!in) {
		free(text);
		return NULL;
	}
	assert_true(fread(text, 1, (1 << 20) - 1, in) < (1 << 20) - 1);
	fclose(in);
	return text;
}

static inline void assert_file(const struct fixture *f, const char *name, const char *want)
{
	char *have = slurp(f, name);

	assert_non_null(have);
	assert_string_equal(have, want);
	free(have);
}

static inline bool exists(const struct fixture *f, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return !access(path, F_OK);
}

static inline void new_stream(struct fixture *f)
{
	char path[PATH_MAX];

	if (f->w.fd > 0)
		close(f->w.fd);
	snprintf(path, sizeof(path), "%s/stream.bin", f->dir);
	f->w = (struct frame_writer){
		.fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600),
	};
	assert_true(f->w.fd >= 0);
	f->ex.status = STATUS_PASS;
	f->ex.reason[0] = '\0';
}

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/pinlab-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(cell_parse(&f->cell, "[cell]\nid=c\nkernel=v6.12\nstrategy=upfront\n"
				    "workload=touch-seq\ntype=touch\nguest=sev\nmemory=128M\n",
				    f->err), 0);
	f->ex = (struct execution){
		.cell = &f->cell, .repeat = 1, .command = strdup("pinlab --matrix x"),
		.virtual_clock = true, .wall_s = 1.5,
	};
	new_stream(f);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	static const char *const names[] = {
		"stream.bin", "faults.csv", "timeline.csv", "cell.json", "vmm.log", "guest.log",
		"guests.csv", "guest_touch.csv",
	};
	struct fixture *f = *state;
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		unlink(path);
	}
	close(f->w.fd);
	free(f->ex.command);
	assert_int_equal(rmdir(f->dir), 0);	/* nothing else was left behind */
	free(f);
	return 0;
}

static inline void put(struct fixture *f, enum record_type type, const void *data, size_t len)
{
	assert_int_equal(frame_write(&f->w, type, data, len, NULL, 0), 0);
}

static inline void put_hello(struct fixture *f)
{
	struct record_hello h = { .protocol = RECORD_PROTOCOL, .kernel = "6.12.1",
				  .host_cpu = "EPYC" };

	put(f, RECORD_HELLO, &h, sizeof(h));
}

static inline void put_phase(struct fixture *f, uint64_t t_ns, enum phase phase)
{
	struct record_phase p = { .t_ns = T0 + t_ns, .phase = phase };

	put(f, RECORD_PHASE, &p, sizeof(p));
}

static inline void put_sample(struct fixture *f, uint64_t t_ns, int64_t rss_kib,
			      int64_t pinned_pages)
{
	struct record_sample s = { .t_ns = T0 + t_ns };

	for (size_t i = 0; i < TIMELINE_COLUMNS; i++)
		s.column[i] = RECORD_MISSING;
	s.column[TL_RSS_KIB] = rss_kib;
	s.column[TL_PINNED_PAGES] = pinned_pages;
	put(f, RECORD_SAMPLE, &s, sizeof(s));
}

static inline void put_fault(struct fixture *f, uint64_t t_ns, enum fault_kind kind,
			     uint64_t latency_ns)
{
	struct record_fault r = {
		.t_ns = T0 + t_ns, .gpa = 0x1000 * t_ns,
		.error_code = kind == FAULT_MMIO ? 0xd : 0x6, .latency_ns = latency_ns,
		.kind = kind,
	};

	put(f, RECORD_FAULTS, &r, sizeof(r));
}

static inline void put_metric(struct fixture *f, const char *name, double value)
{
	struct record_metric m = { .value = value };

	strncpy(m.name, name, sizeof(m.name) - 1);
	put(f, RECORD_METRIC, &m, sizeof(m));
}

static inline void put_log(struct fixture *f, enum log_stream stream, const char *text)
{
	struct record_log log = { .stream = stream };

	assert_int_equal(frame_write(&f->w, RECORD_LOG, &log, sizeof(log), text, strlen(text)), 0);
}

static inline void put_end(struct fixture *f, enum status status, const char *reason)
{
	struct record_end e = { .status = status };

	strncpy(e.reason, reason, sizeof(e.reason) - 1);
	put(f, RECORD_END, &e, sizeof(e));
}

/* A small cell: define, register (late), workload with four faults, done. */
static inline void put_body(struct fixture *f)
{
	put_hello(f);
	put_phase(f, 0, PHASE_DEFINE);
	put_phase(f, 300, PHASE_WORKLOAD);
	put_phase(f, 100, PHASE_REGISTER);
	put_phase(f, 200, PHASE_DEFINE);
	put_sample(f, 150, 1024, RECORD_MISSING);
	put_sample(f, 400, 2048, 32768);
	put_fault(f, 310, FAULT_FIRST, 50);
	put_fault(f, 330, FAULT_FIRST, 70);
	put_fault(f, 320, FAULT_REFAULT, 20);
	put_fault(f, 250, FAULT_MMIO, 900);
	put_metric(f, "npf_lost", 0);
	put_metric(f, "npf_unpaired", 0);
	put_metric(f, "npf_exits_end", 4);
	put_metric(f, "npf_not_reserved_end", 3);
	put_metric(f, "kvm_page_fault_events", 4);
	put_log(f, LOG_VMM, "one\n");
	put_log(f, LOG_VMM, "two\n");
	put_phase(f, 1000, PHASE_DONE);
}

static inline int finish(struct fixture *f)
{
	return result_finish(&f->ex, f->dir, f->err);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
