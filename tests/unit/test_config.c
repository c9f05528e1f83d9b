// SPDX-License-Identifier: GPL-2.0-only
/* Every mistake in a config is told with its file and line, what was found and what is allowed. */
#include <errno.h>

#include "config.h"
#include "fixture.h"
#include "plan.h"
#include "suggest.h"

/* text is from line 5 on; line 0: the message tells the file alone */
static const struct {
	const char *text;
	int line;
	const char *message;
} mistakes[] = {
	{ "memroy = 64M", 5, "unknown key 'memroy' in [matrix] (did you mean 'memory'?); allowed: "
	  "kernels, guests, memory, mmu, workloads, exclude, repeats" },
	{ "xyzzy = 64M", 5, "unknown key 'xyzzy' in [matrix]; allowed: kernels" },
	{ "memory = 12Q", 5, "memory: found '12Q', allowed: 16M to 1024G" },
	{ "memory = 64M, 8M", 5, "memory: found '8M', allowed: 16M to 1024G" },
	{ "memory = 64M,\n  12Q", 6, "memory: found '12Q'" },
	{ "memory = ", 5, "'memory' has no value" },
	{ "memory = 64M,,128M", 5, "'memory': a value is missing before a comma" },
	{ "memory = 64M\nmemory = 128M", 6, "'memory' was given in line 5 already" },
	{ "memory = 64M\nrepeats = 0", 6, "repeats: found '0', allowed: 1 to 10000" },
	{ "memory = 64M\nrepeats = -1", 6, "repeats: found '-1'" },
	{ "memory = 64M\nrepeats = 99999999999999999999", 6, "repeats: found '9999" },
	{ "memory = 64M\ntimeout = 5", 6, "timeout: found '5', allowed: 1ms to" },
	{ "memory = 64M\nmmu = shadow", 6, "mmu: found 'shadow', allowed: tdp, legacy" },
	{ "memory = 64M\nmmu = legacy, legacy", 3,
	  "cell v6.12-sev-64M-touch-seq-mmu=legacy is there twice" },
	{ "memory = 64M\n[touch-seq]\nmmu =", 7, "'mmu' has no value" },
	{ "memory = 64M\nguests = sve", 6, "'guests' was given in line 4 already" },
	{ "what is this", 5, "found no 'key = value', [section] or # comment" },
	{ "memory = 64M\n[touch-sequ]\npages = 5%", 6,
	  "unknown section [touch-sequ] (did you mean 'touch-seq'?)" },
	{ "memory = 64M\n[compare]\nalpha = 5", 7, "alpha: found '5', allowed: 0% to 50%" },
	{ "memory = 64M\n[compare]\nalpa = 5%", 7, "found 'alpa' (did you mean 'alpha'?)" },
	{ "memory = 64M\n[compare]\njudge = npf_*,\n  start_ns", 7,
	  "judge: found 'start_ns'" },
	{ "memory = 64M\n[touch-seq]\npages = 101%", 7,
	  "pages: found '101%', allowed: 1% to 100%" },
	{ "memory = 64M\n[touch-seq]\npages = 5%, 0%", 7, "pages: found '0%'" },
	{ "memory = 64M\n[touch-seq]\npagse = 5%", 7,
	  "unknown key 'pagse' in workload 'touch-seq' (did you mean 'pages'?); allowed: pattern" },
	{ "memory = 64M\n[touch-seq]\ntype = boot", 7,
	  "type: found 'boot', but 'touch-seq' is of type 'touch' already" },
	{ "memory = 64M\n[touch-seq]\npattern = zigzag", 7,
	  "pattern: found 'zigzag', allowed: sequential, random" },
	{ "memory = 64M\n[boot]\ndisk = maybe", 7, "disk: found 'maybe', allowed: off, on" },
	{ "memory = 64M\n[host]\npsp = 1", 7, "psp: found '1', allowed: off, on" },
	{ "memory = 64M\n[host]\nc_bti = 47", 7,
	  "unknown key 'c_bti' in [host] (did you mean 'c_bit'?); allowed: clock, cpus" },
	{ "memory = 64M\n[host]\nc_bit = 99", 7, "c_bit: found '99', allowed: 32 to 51" },
	{ "memory = 64M\n[host]\nencrypt = 1", 7, "encrypt: found '1', allowed: off, on" },
	{ "memory = 64M\n[host]\nencrypt_flush = no", 7, "encrypt_flush: found 'no'" },
	{ "memory = 64M\n[touch-seq]\ncorrupts = nopin, upfornt", 7,
	  "corrupts: found 'upfornt', allowed: none, upfront, spte, memslot, nopin" },
	{ "memory = 64M\n[touch-seq]\ncorrupts = nopin,\n  all", 8, "corrupts: found 'all'" },
	{ "memory = 64M\n[touch-seq]\ncorrupts =", 7, "'corrupts' has no value" },
	{ "memory = 64M\n[touch-seq]\ncorupts = nopin", 7, "(did you mean 'corrupts'?)" },
	{ "memory = 64M\n[touch-seq]\nkernels = v6.12-spte\nguests = sev-nopin", 8,
	  "impossible cell v6.12-spte-sev-nopin-64M-touch-seq: strategy 'spte' pins nothing of a "
	  "sev-nopin guest; exclude = kernel=v6.12-spte guest=sev-nopin" },
	{ "memory = 64M\nexclude = guest:sev", 6,
	  "exclude: found 'guest:sev', allowed: key=pattern" },
	{ "memory = 64M\nexclude = guest=sev workload=boot", 6,
	  "exclude: no cell matches 'guest=sev workload=boot'" },
	{ "memory = 64M\nexclude = guest=*", 3, "every cell is excluded" },
	{ "memory = 64M, 64M", 3, "cell v6.12-sev-64M-touch-seq is there twice" },
	{ "memory = 64M\n[touch-seq]\nguests = host", 7,
	  "impossible cell v6.12-host-touch-seq: guest 'host' cannot run workload 'touch-seq'; "
	  "allowed: plain, sev" },
	{ "memory = 64M\n[touch-seq]\nguests = sve", 7,
	  "guest: found 'sve', allowed: host, plain, sev, sev-nopin" },
	{ "memory = 4G", 5, "impossible cell v6.12-sev-4G-touch-seq: 4G of guest memory and 512M "
	  "for the host do not fit in host_memory of 2048M" },
	{ "memory = 64M\n[touch-seq]\nkernels = v9.99", 7,
	  "no kernel 'v9.99'; there are: v6.12, v6.12-spte" },
	{ "memory = 64M\n[touch-seq]\nkernels = ../v6.12", 7, "no kernel '../v6.12'" },
	{ "memory = 64M\n[touch-seq]\nkernels = v6.12-spte\nguests = plain", 8,
	  "impossible cell v6.12-spte-plain-64M-touch-seq: strategy 'spte' pins nothing of "
	  "a plain" },
	{ "memory = 64M\n[touch-seq]\nkernels = running", 7,
	  "kernel 'running' is only for --host local" },
	{ "memory = 64M\ncollectors = npf, prf", 6, "collectors: found 'prf', allowed: all, none, "
	  "or of these, with - before those to leave out: npf, kvm, perf" },
	{ "memory = 64M\ncollectors =", 6, "collectors: found ''" },
	{ "timeout = 5s", 0, "[matrix] has no 'memory', and so has workload 'touch-seq'" },
};

static const char start[] =
	"[matrix]\nkernels = v6.12\nworkloads = touch-seq\nguests = sev\n";

static int load(const struct fixture *f, struct config *c, struct plan *p, char *err)
{
	int ret = config_load(c, f->root, f->conf, err);

	if (ret)
		return ret;
	ret = plan_make(p, c, HOST_EMULATED, NULL, err);
	if (ret)
		config_free(c);
	return ret;
}

static void test_mistakes(void **state)
{
	struct fixture *f = *state;
	char err[OPT_ERR_MAX], text[1024], want[OPT_ERR_MAX];
	struct config c;
	struct plan p;

	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		const char *at = f->conf;

		snprintf(text, sizeof(text), "%s%s\n", start, mistakes[i].text);
		fixture_write(f, "test.conf", text);
		if (load(f, &c, &p, err) == 0)
			fail_msg("accepted: %s", mistakes[i].text);
		snprintf(want, sizeof(want), "%s:%d: ", f->conf, mistakes[i].line);
		if (mistakes[i].line)
			at = want;
		if (strncmp(err, at, strlen(at)) || !strstr(err, mistakes[i].message))
			fail_msg("'%s' gave: %s", mistakes[i].text, err);
	}
}

/* Mistakes in the files that a config refers to are told with those files' names. */
static const struct {
	const char *file, *text, *message;
} file_mistakes[] = {
	{ "bench/workloads/touch-seq.conf", "type = touch\npattrn = random\n",
	  "touch-seq.conf:2: unknown key 'pattrn' in workload 'touch-seq' (did you mean "
	  "'pattern'?)" },
	{ "bench/workloads/touch-seq.conf", "pattern = random\n",
	  "touch-seq.conf: 'type' is missing" },
	{ "bench/workloads/touch-seq.conf", "type = touhc\n",
	  "touch-seq.conf:1: type: found 'touhc', allowed: null, touch, boot, selftest, "
	  "hazard, views, torture" },
	{ "bench/workloads/touch-seq.conf", "type = touch\n[x]\ny = 1\n",
	  "touch-seq.conf:3: found section [x], allowed: no sections" },
	{ "bench/workloads/touch-seq.conf", "type = selftest\n",
	  "touch-seq.conf: workload 'touch-seq' has no 'program'" },
	{ "kernels/v6.12.kernel", "strategy = upfront\nwaht = x\n",
	  "v6.12.kernel:2: unknown key 'waht' in a kernel file (did you mean 'what'?); allowed: "
	  "what" },
	{ "kernels/v6.12.kernel", "what = x\n", "v6.12.kernel: 'strategy' is missing" },
	{ "kernels/v6.12.kernel", "strategy = upfornt\n",
	  "v6.12.kernel:1: strategy: found 'upfornt', allowed: upfront, spte, memslot, nopin" },
	{ "kernels/v6.12.kernel", "strategy = none\n", "strategy: found 'none', allowed: upfront" },
	{ "bench/workloads/touch-seq.conf", "type = touch\ncorrupts = x\n",
	  "touch-seq.conf:2: corrupts: found 'x', allowed: none, upfront" },
	{ "bench/workloads/touch-seq.conf", "type = fio\nrw = randread\n",
	  "test.conf:5: impossible cell v6.12-sev-64M-touch-seq: a guest of 64M does not start "
	  "workload 'touch-seq'; allowed: 256M and more" },
	{ "bench/workloads/touch-seq.conf", "type = stress\nops = 1\nmemory = 1G\nbytes = 2G\n",
	  "touch-seq.conf:3: impossible cell v6.12-sev-1G-touch-seq: bytes = 2G is more than a "
	  "guest of 1G has" },
	{ "bench/workloads/touch-seq.conf", "type = boot\nmemory = 64M\ntouch_pages = 8193\n",
	  "touch-seq.conf:2: impossible cell v6.12-sev-64M-touch-seq: touch_pages = 8193 is more "
	  "than half of a guest of 64M, allowed: 8192" },
	{ "bench/workloads/touch-seq.conf", "type = stress\nops = 1\nmemory = 256M, 255M\n",
	  "touch-seq.conf:3: impossible cell v6.12-sev-255M-touch-seq: a guest of 255M" },
};

static void test_file_mistakes(void **state)
{
	char err[OPT_ERR_MAX], text[256];
	struct config c;
	struct plan p;

	for (size_t i = 0; i < ARRAY_SIZE(file_mistakes); i++) {
		struct fixture *f;

		fixture_setup(state);
		f = *state;
		snprintf(text, sizeof(text), "%smemory = 64M\n", start);
		fixture_write(f, "test.conf", text);
		fixture_write(f, file_mistakes[i].file, file_mistakes[i].text);
		if (load(f, &c, &p, err) == 0)
			fail_msg("accepted: %s", file_mistakes[i].text);
		if (!strstr(err, file_mistakes[i].message))
			fail_msg("'%s' gave: %s", file_mistakes[i].text, err);
		fixture_teardown(state);
	}
}

static void test_files(void **state)
{
	struct fixture *f = *state;
	char err[OPT_ERR_MAX], long_line[400];
	struct config c;

	assert_int_equal(config_load(&c, f->root, "/nonexistent/x.conf", err), -ENOENT);
	assert_string_equal(err, "/nonexistent/x.conf: No such file or directory");
	assert_int_equal(config_load(&c, f->root, f->root, err), -EISDIR);
	assert_non_null(strstr(err, "Is a directory"));

	memset(long_line, 'a', sizeof(long_line));
	long_line[sizeof(long_line) - 1] = '\0';
	fixture_write(f, "test.conf", long_line);
	assert_int_equal(config_load(&c, f->root, f->conf, err), -EINVAL);
	assert_non_null(strstr(err, "test.conf:1: line of 399 characters, allowed: "));

	fixture_write(f, "test.conf", "");
	assert_int_equal(config_load(&c, f->root, f->conf, err), -EINVAL);
	assert_non_null(strstr(err, "[matrix] has no 'workloads'"));
	fixture_write(f, "test.conf", "memory = 64M\n");
	assert_int_equal(config_load(&c, f->root, f->conf, err), -EINVAL);
	assert_non_null(strstr(err, "test.conf:1: 'memory' stands before any [section]"));
}

/* Any bytes at all give an error or a config, and no more than that. */
static void test_noise(void **state)
{
	static const char *const words[] = {
		"[matrix]", "[touch-seq]", "memory", "=", ",", "\n", " ", "64M", "\t", ";", "#",
		"[", "]", "kernels", "v6.12", "guests", "sev", "workloads", "touch-seq", "exclude",
		"pages", "5%", "\xff", "\r", "%s", "\"", "guest=*", "999999999999999999G",
	};
	struct fixture *f = *state;
	char err[OPT_ERR_MAX], text[1024];
	struct config c;
	struct plan p;

	srandom(1);
	for (int i = 0; i < 400; i++) {
		size_t n = snprintf(text, sizeof(text), "%s", i % 2 ? start : "");

		for (int w = random() % 40; w > 0; w--)
			n += snprintf(text + n, sizeof(text) - n, "%s",
				      words[random() % ARRAY_SIZE(words)]);
		fixture_write(f, "test.conf", text);
		if (!load(f, &c, &p, err)) {
			plan_free(&p);
			config_free(&c);
		} else {
			assert_true(err[0]);
		}
	}
}

static void test_suggest(void **state)
{
	static const char *const names[] = { "memory", "guests", "kernels", NULL };

	(void)state;
	assert_string_equal(suggest("memroy", names), "memory");
	assert_string_equal(suggest("guest", names), "guests");
	assert_string_equal(suggest("kernel", names), "kernels");
	assert_null(suggest("xyzzy", names));
	assert_null(suggest("m", names));
	assert_null(suggest("", (const char *const[]){ NULL }));
}

/* A parameter with the name of a section's own key could not be set. */
static void test_parameters_can_be_set(void **state)
{
	static const char *const own[] = { "type", "what", "corrupts" };

	(void)state;
	for (int t = 0; t < WORKLOADS; t++)
		for (const struct opt_desc *d = workload_types[t].params; d->name; d++) {
			for (int i = 0; i < AXES; i++)
				assert_string_not_equal(d->name, axis_names[i]);
			for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
				assert_string_not_equal(d->name, own[i]);
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mistakes, fixture_setup, fixture_teardown),
		cmocka_unit_test(test_file_mistakes),
		cmocka_unit_test_setup_teardown(test_files, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_noise, fixture_setup, fixture_teardown),
		cmocka_unit_test(test_suggest),
		cmocka_unit_test(test_parameters_can_be_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
