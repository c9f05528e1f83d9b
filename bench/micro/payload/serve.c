// SPDX-License-Identifier: GPL-2.0-only
/* Commands of the VMM on the guest's data; guest.h says what each does. */
#include "serve.h"

#define CR0_WP		(1UL << 16)
#define CR4_PSE		(1UL << 4)
#define MSR_EFER	0xc0000080
#define EFER_NXE	(1U << 11)

typedef volatile unsigned long word;

static unsigned int wrong_bytes;

static word *private_page(const struct guest_params *p, unsigned long page)
{
	return (word *)((p->first_page + page) * GUEST_PAGE);
}

static word *shared_page(const struct guest_params *p, unsigned long page)
{
	return (word *)((p->first_page + page) * GUEST_PAGE + SHARED_VIEW);
}

static word *data_page(const struct guest_params *p, unsigned long page)
{
	return p->shared ? shared_page(p, page) : private_page(p, page);
}

static unsigned long written(const struct guest_params *p, unsigned long page, unsigned long i)
{
	return guest_word(p->key, p->equal ? i : page * PAGE_WORDS + i);
}

static unsigned int equal_words(const struct guest_params *p, word *view, unsigned long page)
{
	unsigned int n = 0;

	for (unsigned long i = 0; i < PAGE_WORDS; i++)
		n += view[i] == written(p, page, i);
	return n;
}

static unsigned int bytes_set(unsigned long x)
{
	unsigned int n = 0;

	for (; x; x >>= 8)
		n += (x & 0xff) != 0;
	return n;
}

static unsigned int different_bytes(const struct guest_params *p, unsigned long page)
{
	word *w = data_page(p, page);
	unsigned int n = 0;

	for (unsigned long i = 0; i < PAGE_WORDS; i++)
		n += bytes_set(w[i] ^ written(p, page, i));
	return n;
}

static void fill(const struct guest_params *p, word *view, unsigned long page)
{
	for (unsigned long i = 0; i < PAGE_WORDS; i++)
		view[i] = written(p, page, i);
}

static unsigned int write_all(const struct guest_params *p, unsigned long arg)
{
	for (unsigned long page = 0; page < (arg ?: p->pages); page++)
		fill(p, data_page(p, page), page);
	return 0;
}

static unsigned int verify_all(const struct guest_params *p, unsigned long arg)
{
	unsigned int pages = 0;

	(void)arg;
	wrong_bytes = 0;
	for (unsigned long page = 0; page < p->pages; page++) {
		unsigned int n = different_bytes(p, page);

		wrong_bytes += n;
		pages += n != 0;
	}
	return pages;
}

static unsigned int get_wrong_bytes(const struct guest_params *p, unsigned long arg)
{
	(void)p;
	(void)arg;
	return wrong_bytes;
}

static unsigned int equal_private(const struct guest_params *p, unsigned long page)
{
	return equal_words(p, private_page(p, page), page);
}

static unsigned int equal_shared(const struct guest_params *p, unsigned long page)
{
	return equal_words(p, shared_page(p, page), page);
}

/* Words that the view `counted` gives right. It comes first: its TLB entry is to go stale. */
static unsigned int turns(const struct guest_params *p, unsigned long page, word *counted,
			  word *other)
{
	unsigned int n = 0;

	for (unsigned long i = 0; i < PAGE_WORDS; i++) {
		n += counted[i] == written(p, page, i);
		(void)other[i];
	}
	return n;
}

static unsigned int turns_private(const struct guest_params *p, unsigned long page)
{
	return turns(p, page, private_page(p, page), shared_page(p, page));
}

static unsigned int turns_shared(const struct guest_params *p, unsigned long page)
{
	return turns(p, page, shared_page(p, page), private_page(p, page));
}

static unsigned int copy_in_place(const struct guest_params *p, unsigned long page)
{
	word *s = shared_page(p, page);

	for (unsigned long i = 0; i < PAGE_WORDS; i++)
		s[i] = s[i];
	return equal_private(p, page);
}

static unsigned int copy_to_next(const struct guest_params *p, unsigned long page)
{
	word *from = shared_page(p, page), *to = shared_page(p, page + 1);

	for (unsigned long i = 0; i < PAGE_WORDS; i++)
		to[i] = from[i];
	return equal_words(p, private_page(p, page + 1), page);
}

static unsigned int write_shared(const struct guest_params *p, unsigned long page)
{
	word *s = shared_page(p, page), *w = private_page(p, page);
	unsigned int n = 0;

	for (unsigned long i = 0; i < PAGE_WORDS; i++)
		s[i] = written(p, page, i);
	for (unsigned long i = 0; i < PAGE_WORDS; i++)
		n += w[i] == written(p, page, i);
	return n;
}

static __attribute__((noinline, noipa)) unsigned int fetched(unsigned int x)
{
	return 3 * x + 1;
}

static unsigned int fetch_shared(const struct guest_params *p, unsigned long arg)
{
	unsigned int (*f)(unsigned int) = (void *)((unsigned long)fetched + SHARED_VIEW), n = 0;

	(void)p;
	(void)arg;
	for (unsigned int i = 1; i <= FETCH_CALLS; i++)
		n += f(i);
	return n;
}

static unsigned int sum(const struct guest_params *p, unsigned long page)
{
	word *w = private_page(p, page);
	unsigned int n = 0;

	for (unsigned long i = 0; i < PAGE_WORDS; i++)
		n = guest_sum(n, w[i]);
	return n;
}

/* The same data in each area: what is moved to another address stays right. */
static unsigned long line(const struct guest_params *p, unsigned long page, unsigned long i,
			  unsigned long generation)
{
	return guest_word(p->key + generation, page % p->pages * PAGE_WORDS + i);
}

static unsigned int page_write(const struct guest_params *p, unsigned long arg)
{
	word *w = private_page(p, arg & 0xffff);

	for (unsigned long i = 0; i < PAGE_WORDS; i += LINE_WORDS)
		w[i] = line(p, arg & 0xffff, i, arg >> 16);
	return 0;
}

static unsigned int page_verify(const struct guest_params *p, unsigned long arg)
{
	word *w = private_page(p, arg & 0xffff);

	for (unsigned long i = 0; i < PAGE_WORDS; i += LINE_WORDS)
		if (w[i] != line(p, arg & 0xffff, i, arg >> 16))
			return 1;
	return 0;
}

static unsigned int each_page(const struct guest_params *p, unsigned long arg,
			      unsigned int (*fn)(const struct guest_params *, unsigned long))
{
	unsigned long first = (arg & 0xff) * p->pages;
	unsigned int n = 0;

	for (unsigned long page = first; page < first + p->pages; page++)
		n += fn(p, PAGE_ARG(page, arg >> 8));
	return n;
}

static unsigned int area_write(const struct guest_params *p, unsigned long arg)
{
	return each_page(p, arg, page_write);
}

static unsigned int area_verify(const struct guest_params *p, unsigned long arg)
{
	return each_page(p, arg, page_verify);
}

static unsigned int flip_cr0_wp(const struct guest_params *p, unsigned long arg)
{
	unsigned long cr0;

	(void)p;
	asm volatile("mov %%cr0, %0" : "=r"(cr0));
	do {
		asm volatile("mov %0, %%cr0" : : "r"(cr0 ^ CR0_WP) : "memory");
		asm volatile("mov %0, %%cr0" : : "r"(cr0) : "memory");
	} while (arg--);
	return 0;
}

static unsigned int flip_cr4_pse(const struct guest_params *p, unsigned long arg)
{
	unsigned long cr4;

	(void)p;
	asm volatile("mov %%cr4, %0" : "=r"(cr4));
	do {
		asm volatile("mov %0, %%cr4" : : "r"(cr4 ^ CR4_PSE) : "memory");
		asm volatile("mov %0, %%cr4" : : "r"(cr4) : "memory");
	} while (arg--);
	return 0;
}

static unsigned int flip_efer_nxe(const struct guest_params *p, unsigned long arg)
{
	unsigned int lo, hi;

	(void)p;
	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(MSR_EFER));
	do {
		asm volatile("wrmsr" : : "c"(MSR_EFER), "a"(lo ^ EFER_NXE), "d"(hi) : "memory");
		asm volatile("wrmsr" : : "c"(MSR_EFER), "a"(lo), "d"(hi) : "memory");
	} while (arg--);
	return 0;
}

static unsigned int read_cr0(const struct guest_params *p, unsigned long arg)
{
	unsigned long cr0;

	(void)p;
	do {
		asm volatile("mov %%cr0, %0" : "=r"(cr0) : : "memory");
		asm volatile("mov %%cr0, %0" : "=r"(cr0) : : "memory");
	} while (arg--);
	return 0;
}

static unsigned int convert(const struct guest_params *p, unsigned long arg)
{
	unsigned long page = 0;

	do {
		fill(p, p->shared ? private_page(p, page) : shared_page(p, page), page);
		fill(p, data_page(p, page), page);
		page = page + 1 < p->pages ? page + 1 : 0;
	} while (arg--);
	return 0;
}

static unsigned int (*const commands[GUEST_COMMANDS])(const struct guest_params *,
						      unsigned long) = {
	[CMD_WRITE] = write_all,
	[CMD_VERIFY] = verify_all,
	[CMD_WRONG_BYTES] = get_wrong_bytes,
	[CMD_EQUAL_PRIVATE] = equal_private,
	[CMD_EQUAL_SHARED] = equal_shared,
	[CMD_TURNS_PRIVATE] = turns_private,
	[CMD_TURNS_SHARED] = turns_shared,
	[CMD_COPY_IN_PLACE] = copy_in_place,
	[CMD_COPY_TO_NEXT] = copy_to_next,
	[CMD_WRITE_SHARED] = write_shared,
	[CMD_FETCH_SHARED] = fetch_shared,
	[CMD_DIFFERENT_BYTES] = different_bytes,
	[CMD_SUM] = sum,
	[CMD_AREA_WRITE] = area_write,
	[CMD_AREA_VERIFY] = area_verify,
	[CMD_PAGE_WRITE] = page_write,
	[CMD_PAGE_VERIFY] = page_verify,
	[CMD_FLIP_CR0_WP] = flip_cr0_wp,
	[CMD_FLIP_CR4_PSE] = flip_cr4_pse,
	[CMD_FLIP_EFER_NXE] = flip_efer_nxe,
	[CMD_READ_CR0] = read_cr0,
	[CMD_CONVERT] = convert,
};

void serve(const struct guest_params *p)
{
	for (;;) {
		unsigned int command = in32(PORT_COMMAND);

		out32(PORT_RESULT, commands[command & 0xff](p, command >> 8));
	}
}
