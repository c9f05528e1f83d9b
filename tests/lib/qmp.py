#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Save a machine to a file, or let a resumed one go on, by its QMP socket.

usage: qmp.py SOCKET save FILE | qmp.py SOCKET cont
"""
import array
import json
import os
import socket
import sys
import time

DEADLINE = time.monotonic() + 120


class Qmp:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        while self.sock.connect_ex(path):
            if time.monotonic() > DEADLINE:
                sys.exit(f"{path}: no machine")
            time.sleep(0.1)
        self.file = self.sock.makefile("r")
        self.file.readline()
        self.command("qmp_capabilities")

    def command(self, name, fds=(), **arguments):
        text = json.dumps({"execute": name, "arguments": arguments})
        extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
        self.sock.sendmsg([text.encode()], extra if fds else [])
        while True:
            reply = json.loads(self.file.readline())
            if "error" in reply:
                sys.exit(f"{name}: {reply['error']['desc']}")
            if "return" in reply:
                return reply["return"]

    def wait(self, query, states):
        while (status := self.command(query).get("status")) not in states:
            if time.monotonic() > DEADLINE:
                sys.exit(f"{query}: still '{status}'")
            time.sleep(0.1)
        return status


def save(qmp, path):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    qmp.command("stop")
    qmp.command("migrate-set-parameters", **{"max-bandwidth": 1 << 33})
    qmp.command("getfd", [fd], fdname="state")
    qmp.command("migrate", uri="fd:state")
    status = qmp.wait("query-migrate", ("completed", "failed"))
    qmp.command("quit")
    return status != "completed"


def main():
    qmp = Qmp(sys.argv[1])
    if sys.argv[2] == "save":
        sys.exit(save(qmp, sys.argv[3]))
    qmp.wait("query-status", ("paused",))
    qmp.command("cont")


main()
