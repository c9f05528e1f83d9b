// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload torture: round by round, something is done to the memory of a guest that runs; then the
 * guest verifies its data and the pins are counted. Data that is wrong, or a pin too many or too
 * few, ends the cell with the round and what was found.
 *
 * What KVM counts itself (pages_pinned) is held against /proc/vmstat where there is such a count.
 * What it cannot show: races of two processors, on a host that has one.
 *
 *	$ micro --workload torture --mechanism slot-move --guest sev
 *	torture_rounds       20
 *	torture_passes       412
 *	...
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "torture.h"

static int relocate_finish(struct micro *m, struct torture *t)
{
	return torture_relocate(m, t);
}

#define THP_MARGIN	(128 * GUEST_PAGE)	/* a quarter of a huge page */
#define LATE_MARGIN	(2 * GUEST_PAGE - 1)	/* but one byte of each second page from an end */

#define CHURN(fn)	{ .stress = fn, .finish = relocate_finish, .busy = AREAS }

const struct torture_ops torture_ops[TORTURES] = {
	[TORTURE_SLOT_DELETE] = { .stress = slot_delete_stress, .busy = AREA_WORK },
	[TORTURE_SLOT_MOVE] = { .stress = slot_move_stress, .busy = AREA_WORK },
	[TORTURE_SLOT_COMPACT] = { .prepare = slot_compact_prepare,
				   .stress = slot_compact_stress, .busy = AREA_WORK },
	[TORTURE_REGION] = { .start = region_start, .stress = region_stress,
			     .busy = AREA_WORK },
	[TORTURE_LATE_REGION] = { .start = region_start, .stress = late_region_stress,
				  .busy = AREAS, .margin = LATE_MARGIN },
	[TORTURE_REGION_LIVE] = { .start = region_start, .stress = region_live_stress,
				  .finish = relocate_finish, .busy = AREA_TARGET },
	[TORTURE_PUNCH] = { .stress = punch_stress, .settle = punch_settle, .busy = AREA_WORK },
	[TORTURE_PUNCH_LIVE] = { .stress = punch_stress, .settle = punch_live_settle,
				 .busy = AREA_TARGET, .holes_under_it = true },
	[TORTURE_PUNCH_FORK] = { .stress = punch_stress, .settle = punch_fork_settle,
				 .busy = AREA_WORK },
	[TORTURE_FALLOCATE] = { .stress = punch_stress, .settle = punch_settle,
				.backing = TORTURE_MEMFD, .busy = AREA_WORK },
	[TORTURE_KILL] = { .stress = kill_stress, .finish = kill_finish, .busy = AREAS },
	[TORTURE_FORK_FIRST] = { .stress = fork_first_stress, .settle = fork_first_settle,
				 .busy = AREA_WORK },
	[TORTURE_FORK_LAST] = { .stress = fork_last_stress, .busy = AREAS },
	[TORTURE_MEMLOCK] = { .stress = memlock_stress, .busy = AREAS },
	[TORTURE_MIGRATE] = { .start = region_start, .stress = migrate_stress, .busy = AREAS },
	[TORTURE_MIRROR] = { .stress = mirror_stress, .finish = mirror_finish, .busy = AREAS },
	[TORTURE_MIRROR_TOUCH] = { .start = region_start, .stress = mirror_touch_stress,
				   .finish = mirror_finish, .busy = AREAS },
	[TORTURE_MIRROR_GONE] = { .start = region_start, .stress = mirror_gone_stress,
				  .finish = mirror_gone_finish, .busy = AREAS },
	[TORTURE_THP] = { .stress = huge_stress, .settle = huge_settle,
			  .finish = relocate_finish, .backing = TORTURE_THP_2M,
			  .busy = AREA_WORK },
	[TORTURE_HUGETLB] = { .stress = huge_stress, .settle = huge_settle,
			      .finish = relocate_finish, .backing = TORTURE_HUGETLB_2M,
			      .busy = AREA_WORK },
	[TORTURE_THP_SPLIT] = { .stress = split_stress, .settle = split_settle,
				.backing = TORTURE_THP_2M, .busy = AREA_WORK },
	[TORTURE_THP_EDGE] = { .start = region_start, .stress = thp_edge_stress,
			       .backing = TORTURE_THP_2M, .busy = AREAS, .margin = THP_MARGIN },
	[TORTURE_CHURN_NONE] = CHURN(NULL),
	[TORTURE_CHURN_WP] = CHURN(churn_wp_stress),
	[TORTURE_CHURN_PSE] = CHURN(churn_pse_stress),
	[TORTURE_CHURN_NXE] = CHURN(churn_nxe_stress),
	[TORTURE_CHURN_SREGS] = CHURN(churn_sregs_stress),
	[TORTURE_CHURN_CPUID] = CHURN(churn_cpuid_stress),
	[TORTURE_CHURN_NX_HUGE] = CHURN(churn_nx_huge_stress),
	[TORTURE_CHURN_SLOT] = CHURN(churn_slot_stress),
	[TORTURE_CHURN_ZAP] = CHURN(churn_zap_stress),
	[TORTURE_CHURN_SHRINK] = CHURN(churn_shrink_stress),
	[TORTURE_CHURN_MMU_PAGES] = CHURN(churn_mmu_pages_stress),
};

/* splitmix64: Steele et al., OOPSLA 2014. */
uint32_t torture_random(struct torture *t, uint32_t below)
{
	uint64_t x = t->random += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return (x ^ x >> 31) % below;
}

void torture_pause(struct torture *t, uint32_t us_max)
{
	usleep(1 + torture_random(t, us_max));
}

size_t torture_offset(const struct torture *t, enum torture_area area)
{
	return DATA_OFFSET + area * t->bytes;
}

int memslot_set(struct micro *m, uint32_t slot, uint64_t gpa, size_t offset, size_t bytes,
		uint32_t flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .flags = flags, .guest_phys_addr = gpa, .memory_size = bytes,
		.userspace_addr = (uintptr_t)m->mem + offset,
	};

	return ioctl(m->vm_fd, KVM_SET_USER_MEMORY_REGION, &region) ? -errno : 0;
}

int torture_slot(struct micro *m, const struct torture *t, enum torture_area at, size_t bytes,
		 uint32_t flags)
{
	int ret = memslot_set(m, SLOT_TARGET, torture_offset(t, at),
			      torture_offset(t, AREA_TARGET), bytes, flags);

	return ret ? micro_fail(m, MICRO_MEMORY, "KVM_SET_USER_MEMORY_REGION of %zu KiB: %s",
				bytes >> 10, strerror(-ret)) : 0;
}

int torture_slots(struct micro *m, const struct torture *t)
{
	int ret = memslot_set(m, SLOT_IMAGE, 0, 0, torture_offset(t, AREA_TARGET), 0);

	return ret ? micro_fail(m, MICRO_MEMORY, "KVM_SET_USER_MEMORY_REGION: %s",
				strerror(-ret)) : torture_slot(m, t, t->at, t->bytes, 0);
}

/*
 * Linux 6.12 refuses to run a VM of the SEV type that got its context by a migration: it waits for
 * an SEV_INIT2, which is refused then, too.
 */
static bool torture_untyped(const struct micro *m)
{
	return m->p.torture.mechanism == TORTURE_MIGRATE;
}

static int torture_prepare(struct micro *m)
{
	const struct torture_params *p = &m->p.torture;
	struct torture *t = m->state = calloc(1, sizeof(*t));

	if (!t)
		return micro_fail(m, MICRO_MEMORY, "out of memory");
	t->ops = &torture_ops[p->mechanism];
	t->bytes = p->pages * GUEST_PAGE;
	t->at = AREA_TARGET;
	t->random = p->seed;
	t->huge_sptes = t->stat_end = -1;
	if (t->bytes % HUGE_2M || torture_offset(t, AREAS) > (size_t)m->memory_bytes)
		return micro_fail(m, MICRO_HOST, "three areas of %lld pages in %lld MiB of memory, "
				  "allowed: a multiple of 512, 2 MiB less than memory in all",
				  (long long)p->pages, (long long)m->memory_bytes >> 20);
	t->h.data = m->mem + torture_offset(t, AREA_TARGET);
	t->h.pages = p->pages;
	t->h.bytes = t->bytes;
	m->params.pages = p->pages;
	if (pins_read(m, &t->base) || torture_back(m, t))
		return -1;
	memslot_set(m, SLOT_IMAGE, 0, 0, 0, 0);		/* all memory was in it */
	if (torture_slots(m, t))
		return -1;
	return t->ops->prepare ? t->ops->prepare(m, t) : 0;
}

/* The third area is no memory. */
static int torture_enroll(struct micro *m)
{
	struct torture *t = m->state;
	size_t at = torture_offset(t, AREA_TARGET), margin = t->ops->margin;

	t->registered = true;
	if (sev_register(m, 0, at))
		return -1;
	return sev_register(m, at + margin, t->bytes - 2 * margin);
}

int torture_relocate(struct micro *m, struct torture *t)
{
	return fork_relocate(m, &t->h);
}

int torture_write(struct micro *m, struct torture *t, enum torture_area area)
{
	enum torture_area at = area == AREA_TARGET ? t->at : area;
	uint32_t wrong;

	t->generation[area]++;
	return guest_command(m, CMD_AREA_WRITE, AREA_ARG(at, t->generation[area]), &wrong);
}

/* Nobody vouches for what is not registered. */
static int verify_registered(struct micro *m, struct torture *t, uint32_t *wrong)
{
	uint32_t first = t->at * t->h.pages + torture_first(t), is_wrong;

	*wrong = 0;
	for (uint32_t page = first; page < first + torture_pages(t); page++) {
		if (guest_command(m, CMD_PAGE_VERIFY, PAGE_ARG(page, t->generation[AREA_TARGET]),
				  &is_wrong))
			return -1;
		*wrong += is_wrong;
	}
	return 0;
}

int torture_verify(struct micro *m, struct torture *t, enum torture_area area, const char *who)
{
	enum torture_area at = area == AREA_TARGET ? t->at : area;
	bool part = area == AREA_TARGET && t->ops->margin;
	uint32_t wrong;

	if (part ? verify_registered(m, t, &wrong) :
	    guest_command(m, CMD_AREA_VERIFY, AREA_ARG(at, t->generation[area]), &wrong))
		return -1;
	if (!wrong)
		return 0;
	t->corrupt_pages += wrong;
	return micro_fail(m, MICRO_CORRUPT, "%u of %zu pages corrupt in round %u of %s, %s", wrong,
			  part ? torture_pages(t) : t->h.pages, t->round + 1,
			  torture_names[m->p.torture.mechanism], who);
}

int torture_check_stat(struct micro *m, struct torture *t, uint64_t held)
{
	int64_t own = vm_stat(m, "pages_pinned");
	int64_t other = t->other ? vm_stat(t->other, "pages_pinned") : 0;

	if (own < 0 || t->orphaned)
		return 0;
	t->stat_end = own + (other > 0 ? other : 0);
	if ((uint64_t)t->stat_end == held)
		return 0;
	return micro_fail(m, MICRO_WRONG, "round %u of %s: pages_pinned is %lld, but /proc/vmstat "
			  "has %llu pages pinned", t->round + 1,
			  torture_names[m->p.torture.mechanism], (long long)t->stat_end,
			  (unsigned long long)held);
}

static void count_huge(struct micro *m, struct torture *t)
{
	int64_t huge = vm_stat(m, "pages_2m");

	if (huge > t->huge_sptes)
		t->huge_sptes = huge;
}

static int judge_pins(struct micro *m, const struct torture *t, uint64_t held, const char *when)
{
	if (held - t->pinned_full <= t->spare)
		return 0;
	return micro_fail(m, MICRO_WRONG, "%llu pages are pinned %s round %u of %s, expected: "
			  "%llu", (unsigned long long)held, when, t->round + 1,
			  torture_names[m->p.torture.mechanism],
			  (unsigned long long)t->pinned_full);
}

static int check_pins(struct micro *m, struct torture *t)
{
	uint64_t held;

	if (pins_settle(m, t, t->pinned_full, &held) || torture_check_stat(m, t, held))
		return -1;
	t->pinned_end = held;
	count_huge(m, t);
	return t->other || t->orphaned ? 0 : judge_pins(m, t, held, "after");
}

/* Data that is lost says more than pins that are missing, and comes of them. */
int torture_move(struct micro *m, struct torture *t, const char *who)
{
	uint64_t held;

	if (pins_held(m, t, &held) || torture_relocate(m, t) ||
	    torture_verify(m, t, AREA_TARGET, who))
		return -1;
	return judge_pins(m, t, held, "in the midst of");
}

int torture_check(struct micro *m, struct torture *t)
{
	if (torture_verify(m, t, AREA_WORK, "in WORK") ||
	    torture_verify(m, t, AREA_TARGET, "in TARGET"))
		return -1;
	return check_pins(m, t);
}

static int round_of(struct micro *m, struct torture *t)
{
	const struct torture_ops *ops = t->ops;
	int ret;

	if (ops->busy != AREAS && runner_start(m, t, ops->busy))
		return -1;
	ret = ops->stress ? ops->stress(m, t) : 0;
	if (runner_stop(m, t) || ret)
		return -1;
	if ((ops->settle && ops->settle(m, t)) || torture_check(m, t))
		return -1;
	return torture_write(m, t, AREA_TARGET);
}

static int rounds(struct micro *m, struct torture *t)
{
	int ret = 0;

	if (pins_read(m, &t->before))
		return -1;
	events_start(t);
	for (; t->round < (uint32_t)m->p.torture.rounds && !ret; t->round++)
		ret = round_of(m, t);
	events_stop(t);
	t->rounds = t->round;
	if (pins_read(m, &t->after) || ret)
		return -1;
	t->round--;		/* what follows is part of the last one */
	if (t->ops->finish)
		ret = t->ops->finish(m, t);
	return ret ? ret : torture_check(m, t);
}

static int begin(struct micro *m, struct torture *t)
{
	if (torture_write(m, t, AREA_WORK) || (t->ops->start && t->ops->start(m, t)) ||
	    torture_write(m, t, AREA_TARGET) || torture_verify(m, t, AREA_WORK, "before it") ||
	    torture_verify(m, t, AREA_TARGET, "before it") || pins_held(m, t, &t->pinned_full))
		return -1;
	if (t->ops->start == region_start && t->registered)
		t->pinned_full = t->pinned_rest + torture_pages(t);
	t->pinned_end = t->pinned_full;
	count_huge(m, t);
	events_open(t);
	return 0;
}

/* A check that did not hold is no reason to leave out what was measured. */
static int torture_run(struct micro *m)
{
	struct torture *t = m->state;

	report_phase(&m->report, PHASE_USERSPACE);
	if (begin(m, t) || micro_gate(m, PHASE_USERSPACE))
		return -1;
	report_phase(&m->report, PHASE_WORKLOAD);
	if (rounds(m, t) && m->failure != MICRO_CORRUPT && m->failure != MICRO_WRONG)
		return -1;
	report_phase(&m->report, PHASE_STOP);
	return micro_gate(m, PHASE_WORKLOAD);
}

static int torture_report(struct micro *m)
{
	const struct torture *t = m->state;
	uint32_t kills = t->kills[STAGE_DEFINE] + t->kills[STAGE_LAUNCH] + t->kills[STAGE_RUN];
	const struct {
		const char *name;
		uint64_t value;
		bool known;
	} rows[] = {
		{ "torture_rounds", t->rounds, true },
		{ "torture_passes", t->passes, t->ops->busy != AREAS },
		{ "torture_corrupt_pages", t->corrupt_pages, true },
		{ "torture_pinned_pages", t->pinned_end, true },
		{ "torture_stat_pages", t->stat_end, t->stat_end >= 0 },
		{ "torture_pins_taken", t->after.taken - t->before.taken, true },
		{ "torture_pins_dropped", t->after.dropped - t->before.dropped, true },
		{ "torture_kvm_pin", t->events[EVENT_PIN], t->event_known[EVENT_PIN] },
		{ "torture_kvm_pin_drop", t->events[EVENT_DROP], t->event_known[EVENT_DROP] },
		{ "torture_kvm_pin_zap", t->events[EVENT_ZAP], t->event_known[EVENT_ZAP] },
		{ "torture_kvm_pin_unzap", t->events[EVENT_UNZAP], t->event_known[EVENT_UNZAP] },
		{ "torture_faults", t->events[EVENT_FAULT], t->event_known[EVENT_FAULT] },
		{ "torture_huge_sptes", t->huge_sptes, t->huge_sptes >= 0 },
		{ "torture_kills", kills, t->ops->stress == kill_stress },
		{ "torture_kills_define", t->kills[STAGE_DEFINE], kills },
		{ "torture_kills_launch", t->kills[STAGE_LAUNCH], kills },
		{ "torture_kills_run", t->kills[STAGE_RUN], kills },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].known && report_metric(&m->report, rows[i].name, rows[i].value))
			return micro_fail(m, MICRO_AGENT, "the agent is gone");
	return 0;
}

/* Huge pages that were never mapped as such would prove nothing. */
static int torture_verdict(struct micro *m)
{
	const struct torture *t = m->state;
	bool huge = !t->ops->margin && (t->ops->backing == TORTURE_THP_2M ||
					t->ops->backing == TORTURE_HUGETLB_2M);

	if (huge && !t->huge_sptes)
		return micro_fail(m, MICRO_WRONG, "no page of the guest was mapped as a huge one");
	return 0;
}

static void torture_undo(struct micro *m)
{
	struct torture *t = m->state;

	if (!t)
		return;
	vm_discard(t->other);
	host_restore(&t->h);
	if (t->h.filler)
		munmap(t->h.filler, t->h.filler_bytes);
	if (t->h.memfd)
		close(t->h.memfd - 1);
	events_close(t);
}

const struct micro_workload torture_workload = {
	.mode = MODE_TORTURE,
	.untyped = torture_untyped,
	.prepare = torture_prepare,
	.enroll = torture_enroll,
	.run = torture_run,
	.report = torture_report,
	.verdict = torture_verdict,
	.undo = torture_undo,
};
