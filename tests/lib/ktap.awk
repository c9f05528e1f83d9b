# SPDX-License-Identifier: GPL-2.0-only
# Reads KTAP version 1 and says 'planned seen passed expected skipped failed', or what is wrong with it.
function bad(what) { print "line " NR ": " what ": " $0; wrong = 1; exit 1 }
NR == 1 { if ($0 != "KTAP version 1") bad("no version line"); next }
NR == 2 { if ($0 !~ /^1\.\.[0-9]+$/) bad("no plan line"); planned = substr($0, 4) + 0; next }
{
	if ($0 !~ /^(not )?ok [0-9]+ [^# ]+( # .*)?$/)
		bad("no result line")
	if ($0 ~ /[\001-\037]/)
		bad("a control character")
	ok = $1 == "ok"
	number = ok ? $2 : $3
	if (number != ++seen)
		bad("expected number " seen)
	directive = ok ? ($4 == "#" ? $5 : "") : ($5 == "#" ? $6 : "")
	if (!ok)
		failed++
	else if (directive == "XFAIL")
		expected++
	else if (directive == "SKIP")
		skipped++
	else
		passed++
	if (directive ~ /^(TODO)$/ || (!ok && directive ~ /^(XFAIL|SKIP)$/) ||
	    (ok && directive ~ /^(TIMEOUT|ERROR)$/))
		bad("a directive that does not go with the result")
}
END {
	if (!wrong)
		print planned + 0, seen + 0, passed + 0, expected + 0, skipped + 0, failed + 0
}
