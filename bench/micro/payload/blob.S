// SPDX-License-Identifier: GPL-2.0-only
	.section .rodata
	.global payload_start, payload_end
	.balign 16
payload_start:
	.incbin "payload.bin"
payload_end:

	.section .note.GNU-stack, "", @progbits
