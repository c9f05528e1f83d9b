// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent: runs one cell on the bench host and streams what it sees.
 *
 * One thread and one event loop: on a bench host with one CPU a second thread would only add
 * switches, and with instruction-counted time the order of everything stays reproducible. What
 * must not wait for the loop (fault events) is buffered by the kernel.
 */
#ifndef PINLAB_AGENT_H
#define PINLAB_AGENT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/cell.h"
#include "common/frame.h"
#include "common/metric.h"
#include "common/record.h"

/* Moments at which collectors read what cannot be read later. */
enum mark {
	MARK_START,		/* the VMM is forked, not yet executed */
	MARK_LAUNCHED,		/* the guest can run */
	MARK_DATA_READY,	/* the guest has written what the host is to relocate */
	MARK_WORKLOAD_END,	/* the VM still is there */
	MARK_GONE,		/* the VMM is reaped */
};

#define VMM_ARGS_MAX	96
#define VMM_KEEP_MAX	4

/* The process under test: a VMM, or a selftest. */
struct vmm {
	const char *argv[VMM_ARGS_MAX];
	int keep[VMM_KEEP_MAX];		/* descriptors that it inherits */
	int nr_keep;
	bool measured;			/* start the collectors */
	bool stop_asked;		/* its end is expected */
	pid_t pid;
	int timer_fd;			/* of the samples, when measured */
	int wait_status;
	char last_line[RECORD_REASON_MAX];	/* of its stdout and stderr */
};

struct agent {
	struct cell cell;
	bool local;
	char bin_dir[PATH_MAX];		/* where this program and micro are */

	struct frame_writer out;
	int out_error;			/* the channel broke: nothing more can be said */
	enum status status;
	char reason[RECORD_REASON_MAX];

	void *collector_state[COLLECTORS];	/* NULL: it is not at work */
	struct vmm vmm;
	struct loop *loop;
	int kmsg_fd;
	uint64_t deadline_ns;
};

/* emit.c: records to the runner. A broken channel is remembered in out_error. */
uint64_t now_ns(void);
void emit_hello(struct agent *a);
void emit_phase(struct agent *a, enum phase phase, uint64_t t_ns);
void emit_metric(struct agent *a, const char *name, double value);
/* This host cannot measure it, and why. */
void emit_missing(struct agent *a, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void emit_sample(struct agent *a, const struct record_sample *s);
void emit_faults(struct agent *a, const struct record_fault *f, size_t n);
void emit_touches(struct agent *a, const void *touches, size_t bytes);
void emit_guest(struct agent *a, const struct record_guest *g);
void emit_log(struct agent *a, enum log_stream stream, const char *text, size_t len);
void emit_end(struct agent *a);
/* A remark for the agent's log; a newline is added. */
void emit_remark(struct agent *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * Set how the cell ended; the first call wins, but a kernel splat, being the likelier cause, wins
 * over all. Returns -1.
 */
int agent_fail(struct agent *a, enum status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Read a file into buf, NUL-terminated. Returns the bytes read (a longer file is cut), or -errno.
 */
ssize_t file_read(const char *path, char *buf, size_t len);
ssize_t fd_read_at_0(int fd, char *buf, size_t len);
int file_write(const char *path, const char *text);

#define CELL_FW_CFG	"/sys/firmware/qemu_fw_cfg/by_name/opt/pinlab/cell/raw"

/* main.c: read the cell's description. 0, or -1 with the running cell failed. */
int cell_read(struct agent *a, struct cell *cell, const char *path);

/*
 * machine.c: stop the emulated host to be saved, and take the cell over that the resumed one is
 * given. 0 or -1 with the cell failed.
 */
int machine_save(struct agent *a);

/* modules.c: load what KVM and SEV need; check that this host can run the cell. 0 or -1. */
int modules_load(struct agent *a);
int host_check(struct agent *a);

/* collect.c */
bool collector_on(const struct agent *a, enum collector_id id);
int collect_probe(struct agent *a);		/* 0, or -1 with the cell failed */
int collect_start(struct agent *a);		/* the VMM is forked, not yet executed */
void collect_sample(struct agent *a);
void collect_mark(struct agent *a, enum mark mark);
void collect_stop(struct agent *a);		/* the VMM is reaped */

/* kmsg.c: the host's kernel log */
void kmsg_open(struct agent *a);
void kmsg_drain(struct agent *a);
/* Look for kernel splats in log text; parts of lines are put together. */
struct splat_scan {
	char line[512];
	size_t len;
	enum status status;	/* what a splat makes of the cell; STATUS_PASS: STATUS_SPLAT */
};
void splat_scan(struct agent *a, struct splat_scan *s, const char *who, const char *text,
		size_t len);

/*
 * vmm.c. vmm_run() executes a->vmm and returns when it is reaped, its logs are read and the leak
 * check is done. Fails the cell when it ends unasked for, or cannot be killed (it is left then).
 * Returns 0 or -1.
 */
int vmm_run(struct agent *a);
void vmm_arg(struct agent *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void vmm_keep(struct agent *a, int fd);
/* Its threads stand still when this returns. 0, or -1 with the cell failed. */
int vmm_pause(struct agent *a);
/* Its end is expected now. When it takes too long, vmm_run() kills it and fails the cell. */
void vmm_expect_end(struct agent *a);
void vmm_resume(struct agent *a);
void vmm_stop(struct agent *a);		/* ask it to end, paused or not */
void vmm_abort(struct agent *a);	/* kill it; the cell has failed */

/* loop.c: call fn when fd is readable or hung up, until fn returns < 0 (then it is dropped). */
typedef int (*loop_fn)(struct agent *a, int fd, void *data);
int loop_add(struct agent *a, int fd, loop_fn fn, void *data);
void loop_remove(struct agent *a, int fd);
/* Run until *done or the deadline. Returns 0, or -ETIME at the deadline. */
int loop_run(struct agent *a, const bool *done);
/* Serve what is readable now, to the last byte. */
void loop_flush(struct agent *a);

/* Workloads: run the whole cell but for hello and end. */
struct workload_ops {
	void (*run)(struct agent *a);
};

void null_run(struct agent *a);
void micro_run(struct agent *a);
void boot_run(struct agent *a);
void selftest_run(struct agent *a);

#endif
