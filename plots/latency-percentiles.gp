# SPDX-License-Identifier: GPL-2.0-only
# p50, p90, p99 and maximum of NPF latency: one panel a class of faults, one column a workload and
# memory, series side by side. Columns of the data: place; p50, p90, p99, max: medians of the repeats, then
# the least of each, then the greatest.
home = ARG0[1:strlen(ARG0) - strlen('latency-percentiles.gp')]
load home.'style.gp'
load ARG1.'.gp'
data = ARG1.'.dat'

array shown[class_nr]
panels = 0
do for [c = 1:class_nr] {
	shown[c] = 0
	do for [b = 1:block_class_nr] { if (block_class[b] == c) { shown[c] = 1 } }
	panels = panels + shown[c]
}
eval measure_series
left = 84; head = 78; panel_h = 190
name_len = 0
do for [g = 1:group_label_nr] {
	name_len = strlen(group_label[g]) > name_len ? strlen(group_label[g]) : name_len
}
slanted = group_label_nr > 9
column_w = 40 + 18 * series_label_nr
column_w = !slanted && 9.5 * name_len > column_w ? 9.5 * name_len : column_w
column_w = column_w < 100 ? 100 : column_w
left = slanted && 5 * (name_len + 9) > left ? 5 * (name_len + 9) : left
w = left + column_w * group_label_nr + 10; w = w < 680 ? 680 : w
keys = series_label_nr + 3; key_len = longest_series + 8
key_h = key_height(keys, key_len, w)
foot = key_h + (slanted ? 4.4 * (name_len + 10) : 36)
h = head + panels * panel_h + foot
array quantile[4] = ['median', 'p90', 'p99', 'maximum']
array quantile_point[4] = [0, 1, 3, 2]
series_point(s) = point_of(series_strategy[s], series_variant[s])
shift(s) = (s - (series_label_nr + 1) / 2.0) * 0.6 / series_label_nr

stats data using 6 nooutput
least = STATS_min
stats data using 13 nooutput
most = STATS_max

do for [format in 'svg png'] {
	eval start(format, ARG2, w, h)
	eval heading(title, clock_note, h)
	set xrange [0.4:group_label_nr + 0.6]
	if (most > 20 * least) {
		set logscale y
		set yrange [0.7 * least:1.4 * most]
	} else {
		set yrange [0:1.1 * most]
	}
	set format y '%.0s%c'
	set ylabel 'latency ('.clock.'ns)' offset 0.5, 0 textcolor rgb text_grey
	set xtics scale 0 font ',11'
	if (slanted) { set xtics rotate by 30 right }
	row = 0
	do for [c = 1:class_nr] {
		if (shown[c]) {
			set title class[c] offset 0, -0.6
			eval panel(left, w - 10, head + row * panel_h, head + (row + 1) * panel_h - 40, w, h)
			row = row + 1
			do for [g = 1:group_label_nr] {
				name = row < panels ? '' : sprintf(slanted ? "%s %d MiB" : "%s\n%d MiB", \
					group_label[g], group_mib[g])
				if (g == 1) { set xtics (name g) } else { set xtics add (name g) }
			}
			plot for [b = 1:block_class_nr] \
				(block_class[b] == c ? data : '/dev/null') index (b - 1) \
				using ($1 + shift(block_series[b])):2:(0):($5 - $2) with vectors nohead \
				lw 1 lc rgb strategy_colour(series_strategy[block_series[b]]), \
				for [q = 4:1:-1] for [b = 1:block_class_nr] \
				(block_class[b] == c ? data : '/dev/null') index (b - 1) \
				using ($1 + shift(block_series[b])):(column(q + 1)) \
				with points ps (q == 1 ? 1.1 : 0.8) lw 1.4 \
				pt (q == 1 ? series_point(block_series[b]) : quantile_point[q]) \
				lc rgb strategy_colour(series_strategy[block_series[b]]), \
				for [q = 1:4] for [b = 1:block_class_nr] \
				(block_class[b] == c ? data : '/dev/null') index (b - 1) \
				using ($1 + shift(block_series[b])):(column(q + 5)):(0):\
				(rise(column(q + 5), column(q + 9))) @spread_bar lc rgb black
			unset label
		}
	}
	eval panel(0, w, h - key_h, h, w, h)
	eval key_only
	set key maxcols key_columns(keys, key_len, w) samplen 1
	plot for [s = 1:series_label_nr] NaN with points pt series_point(s) ps 1.1 \
		lc rgb strategy_colour(series_strategy[s]) title series_label[s].', median', \
		for [q = 2:4] NaN with points pt quantile_point[q] ps 0.9 lw 1.4 \
		lc rgb text_grey title quantile[q]
	unset multiplot
	unset output
	reset
	load home.'style.gp'
}
