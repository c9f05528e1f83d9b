// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "strategy.h"
#include "user_kernel.h"
#include "util.h"

const char *const host_kind_names[] = { "emulated", "local", NULL };

struct expansion {
	const struct config *config;
	struct plan *plan;
	enum host_kind host;
	bool *used;			/* excludes that dropped a cell */
	const struct workload *w;
	const struct list *kernels, *guests, *memory, *mmus;
	size_t at[CONFIG_PARAMS_MAX];	/* value of each parameter */
	struct cell cell;		/* being put together */
	const struct kernel *kernel;
	const struct item *kernel_item, *guest_item, *memory_item;
};

static const struct kernel *find_kernel(const struct config *c, const char *name)
{
	size_t i = 0;

	while (strcmp(c->kernels[i].name.text, name))
		i++;
	return &c->kernels[i];
}

static const struct opt_desc *cell_field(const char *name)
{
	return opt_find(cell_fields, name);
}

/* The text that an exclude term's pattern is held against; false if the cell has no such key. */
static bool cell_text(const struct cell *c, const char *key, char *text, size_t len)
{
	static const char *const keys[] = {
		"kernel", "strategy", "workload", "guest", "memory", CELL_MMU,
	};
	const struct opt_desc *d;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!strcmp(keys[i], key)) {
			opt_format(cell_field(key), c, text, len);
			return true;
		}
	}
	d = opt_find(workload_types[c->type].params, key);
	if (d)
		opt_format(d, &c->p, text, len);
	return d;
}

static bool excluded(struct expansion *e)
{
	bool any = false;

	for (size_t i = 0; i < e->config->nr_excludes; i++) {
		const struct exclude *x = &e->config->excludes[i];
		char text[OPT_STR_MAX];
		size_t t = 0;

		while (t < x->nr && cell_text(&e->cell, x->terms[t].key, text, sizeof(text)) &&
		       !fnmatch(x->terms[t].glob, text, 0))
			t++;
		if (t == x->nr) {
			e->used[i] = true;
			any = true;
		}
	}
	return any;
}

/* Append a part of an id, as characters that need no quoting in a path, shell or URL. */
static void id_add(char *id, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void id_add(char *id, size_t size, const char *fmt, ...)
{
	size_t len = strlen(id);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(id + len, size - len, fmt, ap);
	va_end(ap);
	for (char *s = id + len; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("._-+=", *s))
			*s = *s == '%' ? 'p' : '_';
}

/*
 * Kernel, guest, memory, workload, of the parameters those that have more than one value, and the
 * MMU if it is not the one that KVM takes unasked.
 */
static int make_id(struct expansion *e, char *err)
{
	struct cell *c = &e->cell;
	char id[4 * OPT_STR_MAX] = "", text[OPT_STR_MAX];

	id_add(id, sizeof(id), "%s-%s", c->kernel, guest_names[c->guest]);
	if (c->guest != GUEST_HOST) {
		opt_format(cell_field("memory"), c, text, sizeof(text));
		id_add(id, sizeof(id), "-%s", text);
	}
	id_add(id, sizeof(id), "-%s", c->workload);
	for (size_t i = 0; i < e->w->nr_params; i++) {
		const struct param_axis *a = &e->w->params[i];

		if (a->values.nr > 1) {
			opt_format(a->desc, &c->p, text, sizeof(text));
			id_add(id, sizeof(id), "-%s=%s", a->desc->name, text);
		}
	}
	if (c->mmu != MMU_TDP)
		id_add(id, sizeof(id), "-" CELL_MMU "=%s", mmu_names[c->mmu]);
	if (strlen(id) >= sizeof(c->id))
		return ini_error(e->w->name.at, err, "the cell's name '%.200s' is too long", id);
	strcpy(c->id, id);
	return 0;
}

/* What it is called when no kernel pins anything of a kind of guest; others: the kernel's. */
static const char *const guest_strategies[GUEST_KINDS] = {
	[GUEST_PLAIN] = "none",
	[GUEST_SEV_NOPIN] = "nopin",
};

static int check_kernel(const struct expansion *e, char *err)
{
	bool running = !strcmp(e->cell.kernel, CONFIG_RUNNING_KERNEL);

	if (e->host == HOST_LOCAL && !running)
		return ini_error(e->kernel_item->at, err,
				 "impossible cell %s: a local host runs the kernel that it has; "
				 "allowed: kernels = " CONFIG_RUNNING_KERNEL, e->cell.id);
	if (e->host == HOST_EMULATED && running)
		return ini_error(e->kernel_item->at, err,
				 "impossible cell %s: kernel '" CONFIG_RUNNING_KERNEL "' is only "
				 "for --host local", e->cell.id);
	if (guest_strategies[e->cell.guest] && strcmp(e->kernel->strategy, "upfront"))
		return ini_error(e->guest_item->at, err,
				 "impossible cell %s: strategy '%s' pins nothing of a %s guest; "
				 "exclude = kernel=%s guest=%s", e->cell.id, e->kernel->strategy,
				 guest_names[e->cell.guest], e->cell.kernel,
				 guest_names[e->cell.guest]);
	return 0;
}

/* stress-ng asks again and again for memory that its guest cannot map. */
static int check_bytes(const struct expansion *e, char *err)
{
	const struct stress_params *p = &e->cell.p.stress;
	char bytes[OPT_STR_MAX];

	if (e->cell.type != WORKLOAD_STRESS || p->bytes <= e->cell.memory_bytes ||
	    (p->stressor != STRESSOR_VM && p->stressor != STRESSOR_MMAP))
		return 0;
	opt_format(opt_find(e->w->type->params, "bytes"), &e->cell.p, bytes, sizeof(bytes));
	return ini_error(e->memory_item->at, err,
			 "impossible cell %s: bytes = %s is more than a guest of %s has",
			 e->cell.id, bytes, e->memory_item->text);
}

/* The guest's own needs and the table of its times take the rest. */
static int check_touch(const struct expansion *e, char *err)
{
	const struct boot_params *p = &e->cell.p.boot;
	int64_t most = e->cell.memory_bytes / 4096 / 2;

	if (e->cell.type != WORKLOAD_BOOT || p->touch_pages <= most)
		return 0;
	return ini_error(e->memory_item->at, err,
			 "impossible cell %s: touch_pages = %lld is more than half of a guest of "
			 "%s, allowed: %lld", e->cell.id, (long long)p->touch_pages,
			 e->memory_item->text, (long long)most);
}

static int check_possible(const struct expansion *e, char *err)
{
	const struct workload_type *type = e->w->type;
	int64_t memory = e->cell.memory_bytes >> 20, host = e->plan->host.memory_bytes >> 20;
	char allowed[64] = "";
	size_t n = 0;

	if (!(type->guests & 1u << e->cell.guest)) {
		for (int g = 0; g < GUEST_KINDS; g++)
			if (type->guests & 1u << g)
				n += snprintf(allowed + n, sizeof(allowed) - n, "%s%s",
					      n ? ", " : "", guest_names[g]);
		return ini_error(e->guest_item->at, err,
				 "impossible cell %s: guest '%s' cannot run workload '%s'; "
				 "allowed: %s", e->cell.id, e->guest_item->text,
				 e->cell.workload, allowed);
	}
	if (memory < type->guest_min_mib)
		return ini_error(e->memory_item->at, err,
				 "impossible cell %s: a guest of %s does not start workload '%s'; "
				 "allowed: %lldM and more", e->cell.id, e->memory_item->text,
				 e->cell.workload, (long long)type->guest_min_mib);
	if (e->host == HOST_EMULATED && memory + type->host_extra_mib > host)
		return ini_error(e->memory_item->at, err,
				 "impossible cell %s: %s of guest memory and %lldM for the host "
				 "do not fit in host_memory of %lldM", e->cell.id,
				 e->memory_item->text, (long long)type->host_extra_mib,
				 (long long)host);
	return check_bytes(e, err) ?: check_touch(e, err) ?: check_kernel(e, err);
}

/* A config knows nothing of a user's kernel: what it cannot run is left out. */
static bool user_kernel_lacks(const struct expansion *e)
{
	return user_kernel_find(e->config->user_kernels, e->cell.kernel, NULL) &&
	       guest_strategies[e->cell.guest] && strcmp(e->kernel->strategy, "upfront");
}

static int add_cell(struct expansion *e, char *err)
{
	struct plan *p = e->plan;
	int ret = make_id(e, err);

	if (ret || excluded(e) || user_kernel_lacks(e))
		return ret;
	ret = check_possible(e, err);
	for (size_t i = 0; i < p->nr && !ret; i++)
		if (!strcmp(p->cells[i].id, e->cell.id))
			ret = ini_error(e->w->name.at, err, "cell %s is there twice", e->cell.id);
	if (ret)
		return ret;
	p->cells = xrealloc(p->cells, p->nr + 1, sizeof(*p->cells));
	p->cells[p->nr++] = e->cell;
	return 0;
}

static int set_field(struct expansion *e, const char *field, const struct item *item, char *err)
{
	char what[OPT_ERR_MAX];

	if (opt_set(cell_field(field), &e->cell, item->text, what))
		return ini_error(item->at, err, "%s: %.400s", field, what);
	return 0;
}

static void set_strategy(struct expansion *e)
{
	struct cell *c = &e->cell;
	int strategy;

	strcpy(c->strategy, guest_strategies[c->guest] ?: e->kernel->strategy);
	strategy = strategy_find(c->strategy);
	c->expect = strategy >= 0 && e->w->corrupts & 1u << strategy ? EXPECT_CORRUPT :
		    EXPECT_INTACT;
}

/* Side by side, as kernels are. */
static int expand_mmus(struct expansion *e, char *err)
{
	int ret = 0;

	e->cell.mmu = MMU_TDP;
	if (!e->mmus->nr)
		return add_cell(e, err);
	for (size_t i = 0; i < e->mmus->nr && !ret; i++) {
		ret = set_field(e, CELL_MMU, &e->mmus->items[i], err);
		if (!ret)
			ret = add_cell(e, err);
	}
	return ret;
}

static int expand_guests(struct expansion *e, char *err)
{
	int ret = 0;

	for (size_t g = 0; g < e->guests->nr && !ret; g++) {
		e->guest_item = &e->guests->items[g];
		ret = set_field(e, "guest", e->guest_item, err);
		/* Without a guest there is no guest memory to vary. */
		if (ret || (e->cell.guest == GUEST_HOST && e->memory_item != e->memory->items))
			continue;
		for (size_t k = 0; k < e->kernels->nr && !ret; k++) {
			e->kernel_item = &e->kernels->items[k];
			e->kernel = find_kernel(e->config, e->kernel_item->text);
			ret = set_field(e, "kernel", e->kernel_item, err);
			set_strategy(e);
			if (!ret)
				ret = expand_mmus(e, err);
		}
	}
	return ret;
}

static int expand_memory(struct expansion *e, char *err)
{
	int ret = 0;

	for (size_t m = 0; m < e->memory->nr && !ret; m++) {
		e->memory_item = &e->memory->items[m];
		ret = set_field(e, "memory", e->memory_item, err);
		if (!ret)
			ret = expand_guests(e, err);
	}
	return ret;
}

static void set_params(struct expansion *e)
{
	char err[OPT_ERR_MAX];

	opt_defaults(e->w->type->params, &e->cell.p);
	for (size_t i = 0; i < e->w->nr_params; i++) {
		const struct param_axis *a = &e->w->params[i];

		if (!a->values.nr)
			continue;
		if (opt_set(a->desc, &e->cell.p, a->values.items[e->at[i]].text, err))
			abort();	/* checked when it was read */
	}
}

/* Step the parameters to their next combination, the last one fastest; false after the last. */
static bool next_params(struct expansion *e)
{
	for (size_t i = e->w->nr_params; i-- > 0;) {
		if (e->at[i] + 1 < e->w->params[i].values.nr) {
			e->at[i]++;
			return true;
		}
		e->at[i] = 0;
	}
	return false;
}

static int expand_workload(struct expansion *e, const struct workload *w, char *err)
{
	const struct list *axes[AXES];
	int ret;

	for (int a = 0; a < AXES; a++)
		axes[a] = w->axes[a].nr ? &w->axes[a] : &e->config->axes[a];
	e->w = w;
	e->kernels = axes[AXIS_KERNELS];
	e->guests = axes[AXIS_GUESTS];
	e->memory = axes[AXIS_MEMORY];
	e->mmus = axes[AXIS_MMU];
	e->cell = e->config->cell;
	strcpy(e->cell.workload, w->name.text);
	e->cell.type = w->type - workload_types;
	if (!w->type->warm || e->host == HOST_LOCAL)
		e->cell.start = START_COLD;
	memset(e->at, 0, sizeof(e->at));
	do {
		set_params(e);
		ret = expand_memory(e, err);
	} while (!ret && next_params(e));
	return ret;
}

static void keep_matching(struct plan *p, const char *filter)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->nr; i++)
		if (!fnmatch(filter, p->cells[i].id, 0))
			p->cells[kept++] = p->cells[i];
	p->nr = kept;
}

int plan_make(struct plan *p, const struct config *c, enum host_kind host, const char *filter,
	      char *err)
{
	struct expansion e = { .config = c, .plan = p, .host = host };
	int ret = 0;

	*p = (struct plan){ .repeats = c->repeats, .host = c->host };
	e.used = xrealloc(NULL, c->nr_excludes, sizeof(bool));
	memset(e.used, 0, c->nr_excludes * sizeof(bool));
	for (size_t i = 0; i < c->nr_workloads && !ret; i++)
		ret = expand_workload(&e, &c->workloads[i], err);
	for (size_t i = 0; i < c->nr_excludes && !ret; i++)
		if (!e.used[i] && !(c->user_kernels && c->user_kernels[0]))
			ret = ini_error(c->excludes[i].text.at, err,
					"exclude: no cell matches '%s'", c->excludes[i].text.text);
	free(e.used);
	if (!ret && !p->nr)
		ret = ini_error(c->workload_names.items[0].at, err, "every cell is excluded");
	if (!ret && filter)
		keep_matching(p, filter);
	if (!ret && !p->nr)
		ret = errf(err, -EINVAL, "--filter: no cell matches '%.100s'", filter);
	if (ret)
		plan_free(p);
	return ret;
}

void plan_free(struct plan *p)
{
	free(p->cells);
	memset(p, 0, sizeof(*p));
}
