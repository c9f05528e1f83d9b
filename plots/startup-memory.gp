# SPDX-License-Identifier: GPL-2.0-only
# Startup against guest memory: one panel a workload, one line a series. Columns of the data: MiB, ms.
home = ARG0[1:strlen(ARG0) - strlen('startup-memory.gp')]
load home.'style.gp'
load ARG1.'.gp'
data = ARG1.'.dat'

eval measure_series
panel_w = panel_title_nr == 1 ? 620 : 330; head = 90; plot_h = 220
w = panel_title_nr * panel_w + 10
key_h = key_height(series_label_nr, longest_series, w); h = head + plot_h + 54 + key_h
title_font(s) = strlen(s) > 30 ? ',9' : ',12'
stats data using 1 nooutput
least = STATS_min; most = STATS_max

do for [format in 'svg png'] {
	eval start(format, ARG2, w, h)
	eval heading(title, clock_note, h)
	if (most > 20 * least) {
		set logscale x 2
		set xrange [least / 1.3:most * 1.3]
	} else {
		set xrange [0:most * 1.1]
	}
	set yrange [0:*]
	set grid x y ls 100
	set xlabel 'guest memory (MiB)' textcolor rgb text_grey offset 0, 0.4
	do for [p = 1:panel_title_nr] {
		eval panel((p - 1) * panel_w + 104, p * panel_w - 10, head, head + plot_h, w, h)
		set title panel_title[p] offset 0, -0.4 font title_font(panel_title[p])
		if (p == 1) { set ylabel 'startup ('.clock.'ms)' offset 0.5, 0 textcolor rgb text_grey } else { unset ylabel }
		plot for [l = 1:line_panel_nr] (line_panel[l] == p ? data : '/dev/null') index (l - 1) \
			using 1:2:xtic(sprintf('%d', $1)) with linespoints lw 2 \
			pt point_of(series_variant[line_series[l]]) ps 0.9 \
			dt series_dash(series_variant[line_series[l]]) \
			lc rgb strategy_colour(series_strategy[line_series[l]])
		unset label
	}
	eval panel(0, w, h - key_h, h, w, h)
	eval key_only
	set key maxcols key_columns(series_label_nr, longest_series, w) samplen 3
	plot for [s = 1:series_label_nr] NaN with linespoints lw 2 pt point_of(series_variant[s]) ps 0.9 \
		dt series_dash(series_variant[s]) lc rgb strategy_colour(series_strategy[s]) \
		title series_label[s]
	unset multiplot
	unset output
	reset
	load home.'style.gp'
}
