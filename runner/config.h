// SPDX-License-Identifier: GPL-2.0-only
/*
 * A matrix as the user wrote it: the config file, the kernels and the workloads that it names.
 * Every value keeps its file and line, so that whatever is found wrong later can be shown there.
 *
 *	[matrix]
 *	kernels   = v6.12
 *	guests    = plain, sev
 *	memory    = 128M, 256M
 *	workloads = touch-seq, boot
 *	exclude   = guest=plain workload=boot, memory=128M workload=touch-*
 *	[touch-seq]
 *	pages     = 25%, 100%
 *	[boot]
 *	memory    = 256M
 */
#ifndef PINLAB_CONFIG_H
#define PINLAB_CONFIG_H

#include "common/cell.h"
#include "inidoc.h"

#define CONFIG_PARAMS_MAX	8	/* parameters of a workload type */
#define CONFIG_RUNNING_KERNEL	"running"	/* what a local host runs already */

enum clock_mode { CLOCK_VIRTUAL, CLOCK_WALL };

extern const char *const clock_names[];

struct host_config {
	int64_t clock;		/* enum clock_mode */
	int64_t cpus;
	int64_t memory_bytes;
	int64_t psp;
	int64_t c_bit;
	int64_t asids;
	int64_t c_bit_strip;
	int64_t encrypt;
	int64_t encrypt_flush;
	int64_t wall_timeout_ns;	/* real time that a cell may take */
};

struct item {
	char text[OPT_STR_MAX];
	const struct ini_entry *at;
};

struct list {
	struct item *items;
	size_t nr;
};

/* The axes that [matrix] sets and a workload may override. All but the MMU must be set. */
enum axis_id { AXIS_KERNELS, AXIS_GUESTS, AXIS_MEMORY, AXIS_MMU, AXES };

struct param_axis {
	const struct opt_desc *desc;
	struct list values;	/* empty: the default */
};

struct workload {
	struct item name;
	char what[OPT_STR_MAX];
	const struct workload_type *type;	/* NULL until it is known */
	struct list axes[AXES];			/* empty: as in [matrix] */
	struct param_axis params[CONFIG_PARAMS_MAX];
	size_t nr_params;
	unsigned int corrupts;	/* 1 << STRATEGY_*: under these its guest must lose data */
};

struct kernel {
	struct item name;
	char what[OPT_STR_MAX];
	char base[OPT_STR_MAX];
	char git[OPT_STR_MAX];
	char config[OPT_STR_MAX];
	char series[OPT_STR_MAX];
	char strategy[OPT_STR_MAX];
};

struct exclude_term {
	char key[OPT_STR_MAX];
	char glob[OPT_STR_MAX];
};

/* Drops the cells that match all of its terms. */
struct exclude {
	struct item text;
	struct exclude_term *terms;
	size_t nr;
};

struct config {
	const char *root;	/* of the lab */
	const char *const *user_kernels;	/* go before the file's; NULL: none */
	char *text;		/* of the file */
	char name[OPT_STR_MAX];	/* of the file, without .conf */
	struct ini_doc **docs;
	size_t nr_docs;
	struct list axes[AXES];
	struct list workload_names;
	struct cell cell;	/* what all cells have in common */
	int64_t repeats;
	struct host_config host;
	struct exclude *excludes;
	size_t nr_excludes;
	struct workload *workloads;	/* in the order of workload_names */
	size_t nr_workloads;
	struct kernel *kernels;
	size_t nr_kernels;
};

extern const struct opt_desc matrix_options[];	/* struct config */
extern const struct opt_desc host_options[];	/* struct host_config */
extern const struct opt_desc kernel_options[];	/* struct kernel */

/*
 * Read the config at path for the lab at root, with all that it refers to. Returns 0, or -errno
 * with the first thing wrong in err: file:line, what was found, what is allowed.
 */
int config_load(struct config *c, const char *root, const char *path, char *err);

/* As config_load(), with the user's kernels (see user_kernel.h) and their bases for all kernels. */
int config_load_kernels(struct config *c, const char *root, const char *path,
			const char *const *kernels, char *err);
void config_free(struct config *c);

/*
 * Read root/kernels/NAME.kernel. Returns 0 or -errno, err set; -ENOENT names the kernels that there
 * are.
 */
int kernel_load(struct config *c, const struct item *name, struct kernel *k, char *err);

/*
 * Read root/bench/workloads/NAME.conf, if there is one, and the config's section [NAME].
 * Returns 0 or -errno, err set.
 */
int workload_load(struct config *c, const struct item *name, struct workload *w, char *err);
void workload_free(struct workload *w);

/* Is there a workload of that name: a file, or a section with a type? */
bool workload_known(const struct config *c, const char *name);

extern const char *const axis_names[AXES];	/* their keys */

/* What the parts of the config reader share. */
int config_doc_add(struct config *c, const char *file, const char *text, char *err);
int list_add(struct list *l, const struct ini_entry *e, char *err);
int unknown_key(const struct ini_entry *e, const char *what, const char *const allowed[],
		char *err);

/* The names of root/DIR/NAME.SUFFIX, sorted, NULL-terminated; free with names_free(). */
char **lab_names(const char *root, const char *dir, const char *suffix);
void names_free(char **names);

#endif
