#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Bad input gets one clear line and status 2, and nothing is written.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

refused()	# WHAT PATTERN COMMAND...: PATTERN is what the line must match
{
	local what=$1 pattern=$2 status
	shift 2
	rm -rf "$work/out"
	mkdir "$work/out"
	timeout 60 "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
	status=$?
	if [ $status != 2 ]; then
		not_ok "$what" "status $status, expected 2: $(head -n 3 "$work/stderr")"
	elif [ "$(wc -l <"$work/stderr")" != 1 ]; then
		not_ok "$what" "expected one line: $(head -n 3 "$work/stderr")"
	elif ! grep -qE "$pattern" "$work/stderr"; then
		not_ok "$what" "does not match '$pattern': $(cat "$work/stderr")"
	elif [ -n "$(ls -A "$work/out")" ]; then
		not_ok "$what" "left behind: $(ls -A "$work/out")"
	else
		ok "$what: $(sed "s|$work/||" "$work/stderr")"
	fi
}

config()	# TEXT: a good config with TEXT in its [matrix] section, at line 6, in place of its like
{
	printf '[matrix]\nkernels = v6.12\nguests = sev\nmemory = 64M\nworkloads = touch-seq\n%b\n' \
		"$1" >"$work/good.conf"
	awk -F ' *= *' 'NR == FNR { last[$1] = FNR; next } { print (last[$1] > FNR ? "#" : "") $0 }' \
		"$work/good.conf" "$work/good.conf" >"$work/bad.conf"
}

bad_config()	# WHAT PATTERN TEXT
{
	config "$3"
	refused "$1" "$2" "$runner" --matrix "$work/bad.conf" -o "$work/out"
}

bad_config "unknown key" 'bad.conf:6: .*memroy.*memory' 'memroy = 64M'
bad_config "unknown section" 'bad.conf:6: .*touch-sequ' '[touch-sequ]\npages = 5%'
bad_config "bad size" 'bad.conf:[46]: .*12Q' 'memory = 12Q'
bad_config "share out of range" 'bad.conf:7: .*101%.*100%' '[touch-seq]\npages = 101%'
bad_config "unknown workload" 'bad.conf:[56]: .*touch-sq' 'workloads = touch-sq'
bad_config "missing kernel" 'bad.conf:[26]: .*v9\.99' 'kernels = v9.99'
bad_config "guest larger than its host" 'bad.conf:[0-9]+: .*(4G|4096)' 'memory = 4G'
bad_config "guest too small for its workload" 'bad.conf:[0-9]+: .*64M.*allowed: 256M' 'workloads = fio-randread'
bad_config "workload that has no such guest" 'bad.conf:[0-9]+: .*boot' 'workloads = boot\nguests = host'
bad_config "QEMU guest that registers nothing" 'bad.conf:[0-9]+: .*sev-nopin.*boot.*allowed: plain, sev' \
	'workloads = boot\nguests = sev-nopin'
bad_config "unknown strategy" 'bad.conf:7: corrupts: .*nopni.*allowed: none, upfront, spte, memslot, nopin' \
	'[touch-seq]\ncorrupts = nopni'
bad_config "unknown collector" 'bad.conf:6: collectors: .*nfp.*allowed: .*npf' 'collectors = nfp'
bad_config "not a key" 'bad.conf:6: ' 'what is this'

refused "no such config" 'no-such.conf.*No such file' \
	"$runner" --matrix "$work/no-such.conf" -o "$work/out"
refused "config is a folder" "$work.*[Dd]irectory" "$runner" --matrix "$work" -o "$work/out"
refused "unknown option" 'frobnicate' "$runner" --frobnicate
refused "unknown collector as an option" 'collectors.*nfp.*npf' "$runner" --plan --collectors nfp
refused "bad number of jobs" '(-j|jobs).*many' "$runner" --matrix -j many -o "$work/out"
refused "no such run" 'no-such-run' "$runner" --report "$work/no-such-run"

config ''
if [ "$(id -u)" = 0 ]; then
	refused "unbuilt lab" 'make' env PINLAB_CACHE="$work/empty" \
		"$runner" --matrix "$work/bad.conf" -o "$work/out"
fi
mkdir "$work/bin"
for tool in sh bash env sed grep cut awk sha256sum cat ls find sort head tail dirname basename \
	    readlink gcc dpkg-query apt-cache tr xargs stat flock mktemp rm mkdir uname nproc git; do
	path=$(command -v $tool) && ln -s "$path" "$work/bin/$tool"
done
refused "no gnuplot" 'gnuplot' env PATH="$work/bin" "$runner" --matrix "$work/bad.conf" -o "$work/out"

# A results folder on a full disk.
mkdir "$work/full"
if mount -t tmpfs -o size=64k tmpfs "$work/full" 2>/dev/null; then
	"$runner" --matrix "$work/bad.conf" -o "$work/full" --no-plots >/dev/null 2>"$work/stderr"
	check "full disk: status" 2 $?
	grep -q "No space left" "$work/stderr" || sed "s/^/# /" "$work/stderr"
	grep -q "No space left" "$work/stderr"
	check "full disk: the reason is said" 0 $?
	check "full disk: no half-written file" "" \
		"$(find "$work/full" -name '.*' -mindepth 1; find "$work/full" -name '*.csv' -size 0)"
	umount "$work/full"
else
	echo "# full disk: cannot mount a tmpfs here, not tested"
fi
