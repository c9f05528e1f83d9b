// SPDX-License-Identifier: GPL-2.0-only
/*
 * Speaks the agent's protocol without a kernel or a guest, and ends in every way that an agent can.
 *
 *	fake-agent --cell FILE --fd N
 *
 * FAKE_AGENT says how; without it the outcome of the cell's null workload does. FAKE_AGENT_DELAY_MS
 * is waited before the end.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/cell.h"
#include "common/frame.h"
#include "common/record.h"

struct fake {
	struct frame_writer out;
	struct cell cell;
	uint64_t t_ns;
};

static void emit_phase(struct fake *f, enum phase phase)
{
	struct record_phase p = { .t_ns = f->t_ns += 1000, .phase = phase };

	frame_write(&f->out, RECORD_PHASE, &p, sizeof(p), NULL, 0);
}

static void emit_end(struct fake *f, enum status status, const char *reason)
{
	struct record_end end = { .status = status };

	snprintf(end.reason, sizeof(end.reason), "%s", reason);
	emit_phase(f, PHASE_STOP);
	emit_phase(f, PHASE_DONE);
	frame_write(&f->out, RECORD_END, &end, sizeof(end), NULL, 0);
}

static void play_pass(struct fake *f)
{
	emit_end(f, STATUS_PASS, "");
}

static void play_fail(struct fake *f)
{
	emit_end(f, STATUS_FAIL, "asked to fail");
}

static void play_error(struct fake *f)
{
	emit_end(f, STATUS_ERROR, "asked for an error");
}

static void play_corrupt(struct fake *f)
{
	emit_end(f, STATUS_CORRUPT, "9 of 9 pages");
}

static void play_warn(struct fake *f)
{
	emit_end(f, STATUS_SPLAT, "WARNING: made up");
}

static void play_hang(struct fake *f)
{
	(void)f;
	for (;;)
		pause();
}

static void play_stubborn(struct fake *f)
{
	signal(SIGTERM, SIG_IGN);
	play_hang(f);
}

static void play_linger(struct fake *f)
{
	play_pass(f);
	play_hang(f);
}

/* A child outlives the agent and holds the stream open. */
static void play_orphan(struct fake *f)
{
	if (fork() == 0)
		play_hang(f);
	play_pass(f);
}

static void play_exit(struct fake *f)
{
	(void)f;
	fprintf(stderr, "first line\nthe agent gives up\n");
	exit(3);
}

static void play_panic(struct fake *f)
{
	(void)f;
	abort();
}

static void play_garbage(struct fake *f)
{
	static const char junk[] = "this is no frame, and it is longer than a header";

	if (write(f->out.fd, junk, sizeof(junk)) < 0)
		exit(1);
	play_hang(f);
}

/* A whole frame is written to a pipe, and part of its bytes go on. */
static size_t make_frame(struct fake *f, char *bytes, size_t size)
{
	struct record_sample s = { .t_ns = f->t_ns };
	int p[2];
	struct frame_writer w = { .seq = f->out.seq };
	ssize_t n;

	if (pipe(p))
		exit(1);
	w.fd = p[1];
	frame_write(&w, RECORD_SAMPLE, &s, sizeof(s), NULL, 0);
	n = read(p[0], bytes, size);
	return n > 0 ? n : 0;
}

static void play_cut(struct fake *f)
{
	char bytes[512];
	size_t n = make_frame(f, bytes, sizeof(bytes));

	if (write(f->out.fd, bytes, n / 2) < 0)
		exit(1);
}

static void play_crc(struct fake *f)
{
	char bytes[512];
	size_t n = make_frame(f, bytes, sizeof(bytes));

	bytes[n - 1] ^= 1;
	if (write(f->out.fd, bytes, n) < 0)
		exit(1);
}

static void play_lost(struct fake *f)
{
	f->out.seq++;
	play_pass(f);
}

static void play_huge(struct fake *f)
{
	static char text[FRAME_PAYLOAD_MAX - sizeof(struct record_log)];
	struct record_log log = { .stream = LOG_AGENT };

	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 16; i++)
		frame_write(&f->out, RECORD_LOG, &log, sizeof(log), text, sizeof(text));
	play_pass(f);
}

static void play_oversize(struct fake *f)
{
	static const uint32_t header[4] = { 0x00034e50, 2, FRAME_PAYLOAD_MAX + 1, 0 };

	if (write(f->out.fd, header, sizeof(header)) < 0)
		exit(1);
}

/* A byte at a time: frames come in pieces. */
static void play_slow(struct fake *f)
{
	char bytes[512];
	size_t n = make_frame(f, bytes, sizeof(bytes));

	for (size_t i = 0; i < n; i++)
		if (write(f->out.fd, &bytes[i], 1) < 0)
			exit(1);
	f->out.seq++;
	play_pass(f);
}

static const struct {
	const char *name;
	void (*play)(struct fake *f);
} plays[] = {
	{ "pass", play_pass }, { "fail", play_fail }, { "error", play_error },
	{ "hang", play_hang }, { "panic", play_panic }, { "warn", play_warn },
	{ "exit", play_exit }, { "stubborn", play_stubborn }, { "linger", play_linger },
	{ "orphan", play_orphan }, { "garbage", play_garbage }, { "cut", play_cut },
	{ "crc", play_crc }, { "lost", play_lost }, { "huge", play_huge },
	{ "oversize", play_oversize }, { "slow", play_slow }, { "corrupt", play_corrupt },
};

static void read_cell(struct fake *f, const char *path)
{
	static char text[65536];
	char err[OPT_ERR_MAX];
	FILE *in = fopen(path, "r");

	if (!in || !fread(text, 1, sizeof(text) - 1, in) || cell_parse(&f->cell, text, err)) {
		fprintf(stderr, "fake-agent: bad cell\n");
		exit(2);
	}
	fclose(in);
}

static const char *outcome(const struct fake *f)
{
	static char name[OPT_STR_MAX];

	if (f->cell.type != WORKLOAD_NULL)
		return "pass";
	opt_format(opt_find(workload_types[WORKLOAD_NULL].params, "outcome"), &f->cell.p, name,
		   sizeof(name));
	return name;
}

static void wait_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

int main(int argc, char **argv)
{
	struct record_hello hello = { .protocol = RECORD_PROTOCOL, .kernel = "fake" };
	struct fake f = { .t_ns = 1000000 };
	const char *play = getenv("FAKE_AGENT"), *delay = getenv("FAKE_AGENT_DELAY_MS");

	if (argc != 5 || strcmp(argv[1], "--cell") || strcmp(argv[3], "--fd"))
		return 2;
	read_cell(&f, argv[2]);
	f.out.fd = atoi(argv[4]);
	frame_write(&f.out, RECORD_HELLO, &hello, sizeof(hello), NULL, 0);
	emit_phase(&f, PHASE_DEFINE);
	emit_phase(&f, PHASE_WORKLOAD);
	wait_ms(delay ? atol(delay) : 0);
	if (!play)
		play = outcome(&f);
	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++)
		if (!strcmp(plays[i].name, play))
			plays[i].play(&f);
	return 0;
}
