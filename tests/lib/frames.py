#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Print an agent's stream, one line a frame (type and payload), without the counters of the emulator's
memory encryption: these count what stopping a machine does, too.

usage: frames.py stream.bin
"""
import struct
import sys
import zlib

data = open(sys.argv[1], "rb").read()
at = 0
while at < len(data):
    magic, kind, seq, length, crc = struct.unpack_from("<HHIII", data, at)
    payload = data[at + 16:at + 16 + length]
    if zlib.crc32(payload) != crc:
        sys.exit(f"frame {seq} at {at}: bad CRC")
    if not payload.startswith(b"memcrypt_"):
        print(kind, payload.hex())
    at += 16 + length
