// SPDX-License-Identifier: GPL-2.0-only
/* Numbers of one cell that must agree, whatever was measured. */
#include <stdio.h>

#include "csvfile.h"
#include "result_internal.h"
#include "verdict.h"

#define ANY_GUEST	((1 << GUEST_KINDS) - 1)
#define VM_GUEST	(ANY_GUEST & ~(1 << GUEST_HOST))

enum relation { REL_EQ, REL_LE };

static const char *const relation_texts[] = { [REL_EQ] = "equal", [REL_LE] = "not exceed" };

static const struct check {
	const char *metric;
	const char *plus;	/* a metric to add to it, or NULL */
	enum relation relation;
	const char *other;	/* another metric; NULL: the constant 0 */
	unsigned int guests;	/* 1 << GUEST_*: where it must hold */
	enum status status;
	const char *why;
} checks[] = {
	{ "npf_lost", NULL, REL_EQ, NULL, ANY_GUEST, STATUS_LOST_EVENTS,
	  "the perf ring buffers lost fault events" },
	{ "npf_total", "npf_unpaired", REL_EQ, "kvm_page_fault_events", ANY_GUEST, STATUS_FAIL,
	  "KVM traces every NPF exit as kvm_page_fault" },
	{ "npf_total", "npf_unpaired", REL_EQ, "npf_exits", ANY_GUEST, STATUS_FAIL,
	  "every NPF exit is one fault record, or has no re-entry" },
	{ "npf_not_reserved_end", NULL, REL_LE, "kvm_pf_taken", ANY_GUEST, STATUS_FAIL,
	  "KVM takes every NPF that is not on an MMIO SPTE as a fault" },
	{ "kvm_pf_taken", NULL, REL_LE, "npf_exits_end", ANY_GUEST, STATUS_FAIL,
	  "KVM takes at most one fault an NPF exit" },
	{ "corrupt_pages", NULL, REL_EQ, NULL, ANY_GUEST, STATUS_CORRUPT,
	  "the guest found other data than it wrote" },
	{ "hazard_corrupt_pages", NULL, REL_EQ, NULL, ANY_GUEST, STATUS_CORRUPT,
	  "the guest found other data than it wrote" },
	{ "torture_corrupt_pages", NULL, REL_EQ, NULL, ANY_GUEST, STATUS_CORRUPT,
	  "the guest found other data than it wrote" },
	{ "pinned_leaked_pages", NULL, REL_EQ, NULL, VM_GUEST, STATUS_FAIL,
	  "pages stayed pinned after the guest was destroyed" },
	{ .metric = NULL },
};

/* The checks of lost data, or all the others. */
static void run_checks(struct execution *ex, const struct cell_data *d, bool of_data)
{
	static const double zero;
	char have[CSV_NUMBER_MAX], want[CSV_NUMBER_MAX];

	for (const struct check *c = checks; c->metric && status_is_success(ex->status); c++) {
		const double *a = cell_data_metric(d, c->metric);
		const double *plus = c->plus ? cell_data_metric(d, c->plus) : &zero;
		const double *b = c->other ? cell_data_metric(d, c->other) : &zero;

		if (!a || !plus || !b || !(c->guests & 1 << ex->cell->guest) ||
		    (c->status == STATUS_CORRUPT) != of_data)
			continue;
		if (c->relation == REL_EQ ? *a + *plus == *b : *a + *plus <= *b)
			continue;
		ex->status = c->status;
		snprintf(ex->reason, sizeof(ex->reason), "%s%s%s is %s and must %s %s%s%s: %s",
			 c->metric, c->plus ? " + " : "", c->plus ?: "",
			 csv_format_number(*a + *plus, have), relation_texts[c->relation],
			 c->other ?: "", c->other ? ", " : "", csv_format_number(*b, want),
			 c->why);
	}
}

void result_judge(struct execution *ex, const struct cell_data *d)
{
	run_checks(ex, d, true);
	ex->status = verdict(ex->cell, ex->encrypted, ex->status, ex->reason);
	run_checks(ex, d, false);
}
