// SPDX-License-Identifier: GPL-2.0-only
/* The emulated host without an emulator: its builds, command line, initrd, and why it ended. */
#include <errno.h>

#include "emulated.h"
#include "fixture.h"
#include "process.h"

static void test_builds(void **state)
{
	struct fixture *f = *state;
	char err[OPT_ERR_MAX];
	struct builds b;

	assert_int_equal(builds_find(&b, f->root, NULL, err), -ENOENT);
	assert_non_null(strstr(err, "(or: make emulator)"));
	builds_free(&b);
	fixture_script(f, "emulator/build.sh", "echo x >&2; echo 'not built: run it' >&2; exit 2");
	assert_int_equal(builds_find(&b, f->root, NULL, err), -ENOENT);
	assert_string_equal(err, "not built: run it (or: make emulator)");
	builds_free(&b);

	fixture_script(f, "emulator/build.sh", "echo /emu");
	fixture_script(f, "bench/build.sh", "[ \"$*\" = '--print --emulator /emu' ] && echo /img");
	fixture_script(f, "kernels/build.sh", "echo \"/k $*\"");
	assert_int_equal(builds_find(&b, f->root, NULL, err), 0);
	assert_string_equal(b.emulator, "/emu");
	assert_string_equal(b.image, "/img");
	assert_false(b.sandbox);
	assert_int_equal(builds_add_kernel(&b, f->root, "v6.12", false, err), 0);
	assert_int_equal(builds_add_kernel(&b, f->root, "v6.12", true, err), 0);
	assert_int_equal(b.nr_kernels, 1);
	assert_string_equal(builds_kernel(&b, "v6.12")->dir, "/k --print v6.12");
	assert_string_equal(builds_kernel(&b, "v6.12")->selftests, "/k --print --selftests v6.12");
	assert_null(builds_kernel(&b, "v6.1"));
	builds_free(&b);
}

static const struct {
	struct host_config host;
	enum console console;
	const char *has, *lacks;
} lines[] = {
	{ { CLOCK_VIRTUAL, 1, 2LL << 30, 1, 47, 15, 1, 1, 1, 0 }, CONSOLE_FILE,
	  "-icount shift=0,sleep=off -rtc base=2026-01-01,clock=vm -seed 42", "pinlab.shell" },
	{ { CLOCK_VIRTUAL, 1, 2LL << 30, 1, 47, 15, 1, 1, 1, 0 }, CONSOLE_FILE,
	  "phys-bits=48,x-sev-host=on,x-sev-cbitpos=47,x-sev-asids=15 -smp 1 -m 2048M "
	  "-device amd-psp",
	  "strip" },
	{ { CLOCK_VIRTUAL, 2, 1LL << 30, 1, 51, 509, 0, 1, 1, 0 }, CONSOLE_FILE,
	  "phys-bits=52,x-sev-host=on,x-sev-cbitpos=51,x-sev-asids=509,x-sev-strip-cbit=off -smp 2",
	  "-netdev" },
	{ { CLOCK_VIRTUAL, 1, 2LL << 30, 0, 47, 15, 1, 1, 1, 0 }, CONSOLE_FILE, "-nodefaults",
	  "amd-psp" },
	/* an emulator that knows nothing of encryption still starts */
	{ { CLOCK_VIRTUAL, 1, 2LL << 30, 1, 47, 15, 1, 1, 1, 0 }, CONSOLE_FILE, "amd-psp -icount",
	  "encrypt" },
	{ { CLOCK_VIRTUAL, 1, 2LL << 30, 1, 47, 15, 1, 0, 1, 0 }, CONSOLE_FILE,
	  "-device amd-psp,encrypt=off -icount", "x-flush" },
	{ { CLOCK_VIRTUAL, 1, 2LL << 30, 1, 47, 15, 1, 1, 0, 0 }, CONSOLE_FILE,
	  "-device amd-psp,x-flush-on-convert=off -icount", "encrypt=" },
	{ { CLOCK_WALL, 1, 2LL << 30, 1, 47, 15, 1, 1, 1, 0 }, CONSOLE_STDIO, "pinlab.shell'",
	  "icount" },
	{ { CLOCK_WALL, 1, 2LL << 30, 1, 47, 15, 1, 1, 1, 0 }, CONSOLE_STDIO, "-chardev stdio",
	  "tsc_early" },
	{ { CLOCK_WALL, 1, 2LL << 30, 1, 47, 15, 1, 1, 1, 0 }, CONSOLE_FILE, "norandmaps",
	  "tsc_early" },
	{ { CLOCK_VIRTUAL, 1, 2LL << 30, 1, 47, 15, 1, 1, 1, 0 }, CONSOLE_FILE,
	  "norandmaps tsc_early_khz=1000000", "pinlab.shell" },
	{ { CLOCK_VIRTUAL, 1, 2LL << 30, 1, 47, 15, 1, 1, 1, 0 }, CONSOLE_FILE,
	  "-fw_cfg name=opt/pinlab/cell,file=cell.ini", "stdio" },
	{ { CLOCK_VIRTUAL, 1, 2LL << 30, 1, 47, 15, 1, 1, 1, 0 }, CONSOLE_FILE,
	  "file,id=agent,path=stream.bin", "pvpanic" },
	{ { CLOCK_VIRTUAL, 1, 2LL << 30, 1, 47, 15, 1, 1, 1, 0 }, CONSOLE_SAVED,
	  "file,id=agent,append=on,path=stream.bin -device virtserialport,chardev=agent,"
	  "name=org.pinlab.agent -fw_cfg name=opt/pinlab/cell,file=cell.ini -device pvpanic-pci "
	  "-action panic=pause", "id=agent,path" },
};

static void test_command_line(void **state)
{
	struct kernel_build k = { .name = (char *)"v6.12", .dir = (char *)"/k" };
	struct builds b = { .emulator = (char *)"/emu", .image = (char *)"/img" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct strv argv = { .nr = 0 };
		char *line;

		emulator_args(&argv, &b, &k, &lines[i].host, lines[i].console, 42, "initrd.cpio");
		line = strv_quote(&argv);
		if (!strstr(line, lines[i].has) || strstr(line, lines[i].lacks))
			fail_msg("row %zu: %s", i, line);
		free(line);
		strv_free(&argv);
	}
}

/* What initrd_command() says is what is run; the guest's kernel comes last. */
static void test_initrd(void **state)
{
	struct fixture *f = *state;
	char *k_dir = xasprintf("%s/k", f->root), *image = xasprintf("%s/i m", f->root);
	char *path = xasprintf("%s/initrd.cpio", f->root), *text, err[OPT_ERR_MAX];
	struct kernel_build k = { .name = (char *)"v6.12", .dir = k_dir, .selftests = k_dir };
	struct builds b = { .image = image };
	unsigned int layers = 1 << LAYER_QEMU | 1 << LAYER_SELFTESTS;

	fixture_write(f, "i m/host.cpio", "HOST");
	fixture_write(f, "i m/qemu.cpio", "QEMU");
	fixture_write(f, "k/modules.cpio", "MODULES");
	fixture_write(f, "k/selftests.cpio", "SELFTESTS");
	fixture_write(f, "k/bzImage", "the kernel");
	assert_int_equal(initrd_make(&b, &k, 0, f->root, "initrd.cpio", err), 0);
	assert_int_equal(file_read(path, &text, err), 0);
	assert_string_equal(text, "HOSTMODULES");
	free(text);
	assert_int_equal(initrd_make(&b, &k, layers, f->root, "initrd.cpio", err), 0);
	assert_int_equal(file_read(path, &text, err), 0);
	assert_string_equal(text, "HOSTQEMUMODULESSELFTESTS");
	free(text);
	fixture_write(f, "i m/tools.cpio", "TOOLS");
	layers |= 1 << LAYER_TOOLS;
	assert_int_equal(initrd_make(&b, &k, layers, f->root, "initrd.cpio", err), 0);
	assert_int_equal(file_read(path, &text, err), 0);
	assert_string_equal(text, "HOSTQEMUTOOLSMODULESSELFTESTS");
	free(text);
	layers = 1 << LAYER_GUEST_KERNEL;
	assert_int_equal(initrd_make(&b, &k, layers, f->root, "initrd.cpio", err), 0);
	assert_int_equal(file_read(path, &text, err), 0);
	assert_memory_equal(text, "HOSTMODULES070701", 17);
	free(text);
	k.dir = (char *)"/nonexistent";
	assert_int_equal(initrd_make(&b, &k, 0, f->root, "initrd.cpio", err), -EIO);
	assert_non_null(strstr(err, "/nonexistent/modules.cpio: No such file"));
	free(k_dir);
	free(image);
	free(path);
}

static const struct {
	const char *console, *log;
	int wait_status;
	enum status status;
	const char *reason;
} ends[] = {
	{ "boot\n[ 1.0] Kernel panic - not syncing: VFS\nmore\n", "", 0, STATUS_HOST_PANIC,
	  "[ 1.0] Kernel panic - not syncing: VFS" },
	{ "[ 1.0] Oops: 0002 [#1]\r\nRIP\n", "", 0, STATUS_HOST_PANIC, "[ 1.0] Oops: 0002 [#1]" },
	{ "boot\nreboot: Power down\r\n\n", "", 0, STATUS_HOST_EXIT,
	  "the host ended without an end record: exit status 0: reboot: Power down" },
	{ "boot\n", "qemu: no such device\n", 1 << 8, STATUS_HOST_EXIT,
	  "the host ended without an end record: exit status 1: qemu: no such device" },
	{ "", "", 9, STATUS_HOST_EXIT, "the host ended without an end record: signal 9 (Killed)" },
};

static void test_classify(void **state)
{
	char reason[RECORD_REASON_MAX];
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		fixture_write(f, HOST_CONSOLE, ends[i].console);
		fixture_write(f, HOST_LOG, ends[i].log);
		assert_int_equal(host_emulated.classify(f->root, ends[i].wait_status, reason),
				 ends[i].status);
		assert_string_equal(reason, ends[i].reason);
	}
}

/* What KVM was loaded with cannot be changed: a local host is asked before anything starts. */
static void test_local_mmu(void **state)
{
	static const struct {
		const char *tdp_mmu;	/* NULL: no such parameter; "": KVM is not loaded */
		enum mmu mmu;
		enum workload_id type;
		const char *message;	/* NULL: the host is taken */
	} rows[] = {
		{ "", MMU_LEGACY, WORKLOAD_TOUCH, NULL },
		{ NULL, MMU_TDP, WORKLOAD_TOUCH, "has mmu = legacy" },
		{ NULL, MMU_LEGACY, WORKLOAD_TOUCH, NULL },
		{ "Y\n", MMU_TDP, WORKLOAD_TOUCH, NULL },
		{ "Y\n", MMU_LEGACY, WORKLOAD_TOUCH, "has mmu = tdp" },
		{ "N\n", MMU_LEGACY, WORKLOAD_TOUCH, NULL },
		{ "N\n", MMU_TDP, WORKLOAD_TOUCH,
		  "cell c: mmu = tdp, but this machine's KVM has mmu = legacy" },
		{ "N\n", MMU_TDP, WORKLOAD_NULL, NULL },
	};
	struct fixture *f = *state;
	const struct settings s = { .host = HOST_LOCAL, .agent = "/bin/sh" };
	char *module = xasprintf("%s/kvm", f->root), err[OPT_ERR_MAX];

	setenv("PINLAB_LOCK", f->root, 1);
	setenv("PINLAB_KVM_MODULE", module, 1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cell c = { .id = "c", .type = rows[i].type, .mmu = rows[i].mmu };
		const struct plan p = { .cells = &c, .nr = 1 };
		struct host h;
		int ret;

		dir_remove(module);
		if (!rows[i].tdp_mmu)
			fixture_write(f, "kvm/parameters/other", "1\n");
		else if (rows[i].tdp_mmu[0])
			fixture_write(f, "kvm/parameters/tdp_mmu", rows[i].tdp_mmu);
		ret = host_open(&h, &s, &p, err);
		if (!ret)
			host_close(&h);
		if (!ret != !rows[i].message || (ret && !strstr(err, rows[i].message)))
			fail_msg("row %zu: %d %s", i, ret, ret ? err : "");
	}
	unsetenv("PINLAB_KVM_MODULE");
	unsetenv("PINLAB_LOCK");
	free(module);
}

static void test_commands(void **state)
{
	const char *const both[] = {
		"sh", "-c", "echo out; echo a >&2; echo 'last line' >&2; exit 3", NULL
	};
	const char *const flood[] = {
		"sh", "-c", "yes | head -c 300000; yes b | head -c 99000 >&2; echo end >&2; exit 1",
		NULL
	};
	const char *const none[] = { "/nonexistent/program", NULL };
	const char *const killed[] = { "sh", "-c", "kill -9 $$", NULL };
	char out[64], err[OPT_ERR_MAX];

	(void)state;
	assert_int_equal(command_run(both, out, sizeof(out), err), 3);
	assert_string_equal(out, "out\n");
	assert_string_equal(err, "last line");
	assert_int_equal(command_run(flood, out, sizeof(out), err), 1);
	assert_int_equal(strlen(out), sizeof(out) - 1);
	assert_string_equal(err, "end");
	assert_int_equal(command_run(none, out, sizeof(out), err), 127);
	assert_string_equal(err, "/nonexistent/program: No such file or directory");
	assert_int_equal(command_run(killed, out, sizeof(out), err), 128 + 9);
}

static void test_quoting(void **state)
{
	struct strv s = { .nr = 0 };
	char *line;

	(void)state;
	strv_add(&s, "a-b_c/d.e,f=g");
	strv_add(&s, "%s", "");
	strv_add(&s, "two words");
	strv_add(&s, "it's $HOME");
	line = strv_quote(&s);
	assert_string_equal(line, "a-b_c/d.e,f=g '' 'two words' 'it'\\''s $HOME'");
	free(line);
	strv_free(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_builds, fixture_setup, fixture_teardown),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test_setup_teardown(test_initrd, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_classify, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_local_mmu, fixture_setup, fixture_teardown),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_quoting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
