// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a disk image of argv[1] MiB to stdout: pseudo-random (splitmix64), the same on every
 * machine.
 */
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	uint64_t words = argc > 1 ? strtoull(argv[1], NULL, 10) << 17 : 0;
	uint64_t state = 0;

	for (uint64_t i = 0; i < words; i++) {
		uint64_t z = state += 0x9e3779b97f4a7c15;

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
		z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
		z = htole64(z ^ (z >> 31));
		if (fwrite(&z, sizeof(z), 1, stdout) != 1)
			return 1;
	}
	return !words || fflush(stdout) ? 1 : 0;
}
