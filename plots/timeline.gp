# SPDX-License-Identifier: GPL-2.0-only
# RSS and pinned pages over time, one panel a series, phases as bands.
# Columns of the data: ms, RSS in MiB, pinned MiB.
home = ARG0[1:strlen(ARG0) - strlen('timeline.gp')]
load home.'style.gp'
load ARG1.'.gp'
data = ARG1.'.dat'

array present[11]
do for [i = 1:11] { present[i] = 0 }
do for [i = 1:span_phase_nr] { present[span_phase[i]] = 1 }
eval measure_series
w = 900; left = 84; head = 78; panel_h = 220
keys = panel_series_nr + 2 + (sum [i = 1:11] present[i])
key_len = longest_series + 5 < 12 ? 12 : longest_series + 5
foot = key_height(keys, key_len, w); h = head + panel_series_nr * panel_h + foot
stats data using (valid(2) ? $2 : 0) nooutput
top = STATS_max
stats data using (valid(3) ? $3 : 0) nooutput
top = STATS_max > top ? STATS_max : top
top = 1.3 * (memory_mib > top ? memory_mib : top)
end_ms = end_ms > 0 ? end_ms : 1

do for [format in 'svg png'] {
	eval start(format, ARG2, w, h)
	eval heading(title, clock_note, h)
	set xrange [0:end_ms]
	set yrange [0:top]
	set ylabel 'MiB' offset 0.5, 0 textcolor rgb text_grey
	do for [p = 1:panel_series_nr] {
		s = panel_series[p]
		set title series_label[s] offset 0, -0.6
		eval panel(left, w - 20, head + (p - 1) * panel_h, head + p * panel_h - 60, w, h)
		if (p == panel_series_nr) { set xlabel 'time ('.clock.'ms)' offset 0, 0.4 textcolor rgb text_grey }
		do for [i = 1:span_phase_nr] {
			if (span_panel[i] == p) {
				share = (span_to[i] - span_from[i]) / end_ms
				name = phase_name[span_phase[i]]
				set object rectangle from first span_from[i], graph 0 to first span_to[i], graph 1 \
					behind fillstyle solid 0.25 noborder fillcolor rgb phase_colour[span_phase[i]]
				if (share > 0.0085 * strlen(name)) {
					set label name at first 0.5 * (span_from[i] + span_to[i]), graph 0.94 \
						center font ',10' textcolor rgb text_grey
				} else { if (share > 0.018) {
					set label name at first 0.5 * (span_from[i] + span_to[i]), graph 0.98 \
						right rotate by 90 font ',10' textcolor rgb text_grey
				} }
			}
		}
		set arrow from graph 0, first memory_mib to graph 1, first memory_mib nohead \
			lc rgb text_grey lw 0.8 dt 3
		plot data index (p - 1) using 1:2 with steps lw 3.2 \
			lc rgb strategy_colour(series_strategy[s]), \
			data index (p - 1) using 1:3 with steps lw 1.2 lc rgb black
		unset object
		unset label
		unset arrow
	}
	eval panel(0, w, h - foot, h, w, h)
	eval key_only
	set key maxcols key_columns(keys, key_len, w) samplen 2
	plot for [p = 1:panel_series_nr] NaN with lines lw 3.2 \
		lc rgb strategy_colour(series_strategy[panel_series[p]]) \
		title 'RSS, '.series_label[panel_series[p]], \
		NaN with lines lw 1.2 lc rgb black title 'pinned', \
		NaN with lines lw 0.8 dt 3 lc rgb text_grey title 'guest memory', \
		for [i = 1:11] NaN with boxes fillstyle solid 0.25 noborder \
		lc rgb phase_colour[i] title (present[i] ? phase_name[i] : '')
	unset multiplot
	unset output
	reset
	load home.'style.gp'
}
