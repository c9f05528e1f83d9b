#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# deps.sh FILE: install the Debian packages listed in FILE that are missing.
set -eu

wanted=$(sed 's/#.*//' "$1")
missing=
have=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^ii *//p')
for package in $wanted; do
	printf '%s\n' "$have" | grep -qxF "$package" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ]; then
	echo "deps: missing:$missing (as root: apt-get install$missing)" >&2
	exit 2
fi
echo "deps: installing$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
if ! { timeout 600 apt-get update && timeout 1800 apt-get install -y --no-install-recommends $missing; } \
     >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "deps: apt-get could not install$missing" >&2
	exit 2
fi
