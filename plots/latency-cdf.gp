# SPDX-License-Identifier: GPL-2.0-only
# Share of NPFs by latency: one panel a workload and memory, one curve a series and kind of fault.
# Columns of the data: ns, share.
home = ARG0[1:strlen(ARG0) - strlen('latency-cdf.gp')]
load home.'style.gp'
load ARG1.'.gp'
data = ARG1.'.dat'

eval measure_series
panel_w = columns == 1 ? 560 : 300; panel_h = 226; left = 76; head = 84
w = left + columns * panel_w + 10
keys = series_label_nr * kind_nr; key_len = longest_series + 13
foot = key_height(keys, key_len, w); h = head + rows * panel_h + foot
title_font(s) = strlen(s) > 30 ? ',9' : ',12'
dash(kind, series) = kind == 1 ? series_dash(series_variant[series]) : 3

do for [format in 'svg png'] {
	eval start(format, ARG2, w, h)
	eval heading(title, clock_note, h)
	if (max_ns > 20 * min_ns) { set logscale x }
	set format x '%.0s%c'
	set xrange [0.85 * min_ns:1.1 * max_ns + 1]
	set yrange [0:1.02]
	set ytics 0, 0.25, 1 format '%g'
	set grid x y ls 100
	do for [p = 1:panel_title_nr] {
		eval panel(left + (panel_column[p] - 1) * panel_w, left + panel_column[p] * panel_w - 34, \
			head + (panel_row[p] - 1) * panel_h, head + panel_row[p] * panel_h - 88, w, h)
		set title panel_title[p] offset 0, -0.6 font title_font(panel_title[p])
		set xlabel 'latency ('.clock.'ns)' offset 0, 0.4 textcolor rgb text_grey
		if (panel_column[p] == 1) { set ylabel 'share of faults' offset 0.5, 0 textcolor rgb text_grey } else { unset ylabel }
		plot for [c = 1:curve_panel_nr] (curve_panel[c] == p ? data : '/dev/null') \
			index (c - 1) using 1:2 with steps lw curve_width(curve_series[c], series_label_nr) \
			dt dash(curve_kind[c], curve_series[c]) \
			lc rgb strategy_colour(series_strategy[curve_series[c]])
		unset label
	}
	eval panel(0, w, h - foot, h, w, h)
	eval key_only
	set key maxcols key_columns(keys, key_len, w) samplen 3
	plot for [k = 0:keys - 1] NaN with lines lw 2 \
		dt dash(k % kind_nr + 1, k / kind_nr + 1) \
		lc rgb strategy_colour(series_strategy[k / kind_nr + 1]) \
		title series_label[k / kind_nr + 1].', '.kind[k % kind_nr + 1]
	unset multiplot
	unset output
	reset
	load home.'style.gp'
}
