# SPDX-License-Identifier: GPL-2.0-only
# Startup against guest memory: one panel a workload, one line a series.
# Columns of the data: MiB, then ms: median, least and greatest of the repeats.
home = ARG0[1:strlen(ARG0) - strlen('startup-memory.gp')]
load home.'style.gp'
load ARG1.'.gp'
data = ARG1.'.dat'

eval measure_series
columns = panel_title_nr < 3 ? panel_title_nr : 3
rows = int(ceil(1.0 * panel_title_nr / columns))
panel_w = columns == 1 ? 620 : 400; head = 90; plot_h = 220; row_h = plot_h + 96
w = columns * panel_w + 10
key_h = key_height(series_label_nr, longest_series, w); h = head + rows * row_h - 42 + key_h
title_font(s) = strlen(s) > 40 ? ',9' : ',12'
stats data using 1 nooutput
least = STATS_min; most = STATS_max
stats data using 3 nooutput
low = STATS_min
stats data using 4 nooutput
high = STATS_max

do for [format in 'svg png'] {
	eval start(format, ARG2, w, h)
	eval heading(title, clock_note, h)
	decades = low > 0 && high > 20 * low
	if (decades || most > 10 * least) {
		set logscale x 2
		set xrange [least / 1.3:most * 1.3]
	} else {
		set xrange [0:most * 1.1]
	}
	if (decades) {
		set logscale y
		set yrange [0.6 * low:1.7 * high]
	} else {
		set yrange [0:1.1 * high]
	}
	set grid x y ls 100
	set xlabel 'guest memory (MiB)' textcolor rgb text_grey offset 0, 0.4
	do for [p = 1:panel_title_nr] {
		x = (p - 1) % columns * panel_w; y = head + (p - 1) / columns * row_h
		eval panel(x + 96, x + panel_w - 16, y, y + plot_h, w, h)
		set title panel_title[p] offset 0, -0.4 font title_font(panel_title[p])
		if (x == 0) { set ylabel 'startup ('.clock.'ms)' offset 0.5, 0 textcolor rgb text_grey } else { unset ylabel }
		plot for [l = 1:line_panel_nr] (line_panel[l] == p ? data : '/dev/null') index (l - 1) \
			using 1:2:xtic(sprintf('%d', $1)) with linespoints \
			lw curve_width(line_series[l], series_label_nr) \
			pt point_of(series_strategy[line_series[l]], series_variant[line_series[l]]) ps 0.9 \
			dt series_dash(series_variant[line_series[l]]) \
			lc rgb strategy_colour(series_strategy[line_series[l]]), \
			for [l = 1:line_panel_nr] (line_panel[l] == p ? data : '/dev/null') index (l - 1) \
			using 1:3:(0):(rise($3, $4)) @spread_bar \
			lc rgb strategy_colour(series_strategy[line_series[l]])
		unset label
	}
	eval panel(0, w, h - key_h, h, w, h)
	eval key_only
	set key maxcols key_columns(series_label_nr, longest_series, w) samplen 3
	plot for [s = 1:series_label_nr] NaN with linespoints lw 2 \
		pt point_of(series_strategy[s], series_variant[s]) ps 0.9 \
		dt series_dash(series_variant[s]) lc rgb strategy_colour(series_strategy[s]) \
		title series_label[s]
	unset multiplot
	unset output
	reset
	load home.'style.gp'
}
