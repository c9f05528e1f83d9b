# SPDX-License-Identifier: GPL-2.0-only
# Startup as a stack of phases: one panel a workload, one bar a memory and series.
# Columns of the data: series, MiB, then ms of define, register, launch, firmware, kernel, userspace, and
# of the total: least, median and greatest.
home = ARG0[1:strlen(ARG0) - strlen('startup-phases.gp')]
load home.'style.gp'
load ARG1.'.gp'
data = ARG1.'.dat'

phases = 6
ms(c) = valid(c) ? column(c) : 0
low(p) = p == 1 ? 0 : sum [i = 1:p - 1] ms(i + 2)
high(p) = sum [i = 1:p] ms(i + 2)

total(v) = v < 99.95 ? sprintf('%.1f', v) : sprintf('%.0f', v)

array bars[panel_title_nr]; array top[panel_title_nr]
do for [p = 1:panel_title_nr] {
	stats data index (p - 1) using (high(phases)) nooutput
	bars[p] = STATS_records; top[p] = STATS_max
	stats data index (p - 1) using 11 nooutput
	top[p] = STATS_max > top[p] ? STATS_max : top[p]
}
array present[phases]
do for [i = 1:phases] {
	stats data using (ms(i + 2)) nooutput
	present[i] = STATS_max > 0
}

# Panels side by side, and below each other where a row would be too wide.
eval measure_series
gap = 5 * (longest_series + 9) > 96 ? 5 * (longest_series + 9) : 96
head = 90; plot_h = 240; label_h = 4.6 * (longest_series + 9) + 16; bar_w = 40; full = 1120
array panel_x[panel_title_nr]; array panel_row[panel_title_nr]
w = 620; x = 0; rows = 1
# What a title is wider than its panel, on either side.
title_font(s) = strlen(s) > 40 ? ',9' : ',12'
over(p) = 0.5 * (strlen(panel_title[p]) * (strlen(panel_title[p]) > 40 ? 6.6 : 9) - bar_w * bars[p])
pad(p) = over(p) > 0 ? over(p) : 0
before(p) = pad(p) + 24 > gap ? pad(p) + 24 : gap
do for [p = 1:panel_title_nr] {
	if (x > 0 && x + before(p) + bar_w * bars[p] + pad(p) > full) { x = 0; rows = rows + 1 }
	panel_x[p] = x + before(p); panel_row[p] = rows
	x = x + before(p) + bar_w * bars[p] + pad(p)
	w = x + 20 > w ? x + 20 : w
}
keys = (sum [i = 1:phases] present[i]); key_h = key_height(keys, 9, w)
panel_h = plot_h + label_h + 40
h = head + rows * panel_h - 40 + key_h

do for [format in 'svg png'] {
	eval start(format, ARG2, w, h)
	eval heading(title, clock_note, h)
	do for [p = 1:panel_title_nr] {
		x = panel_x[p]; y = head + (panel_row[p] - 1) * panel_h
		eval panel(x, x + bar_w * bars[p], y, y + plot_h, w, h)
		if (p == 1 || panel_row[p] > panel_row[p - 1]) { set ylabel 'startup ('.clock.'ms)' offset 0.5, 0 textcolor rgb text_grey } else { unset ylabel }
		set title panel_title[p] offset 0, -0.4 font title_font(panel_title[p])
		set xrange [-0.05:bars[p] + 0.05]
		set yrange [0:1.12 * top[p]]
		set xtics rotate by 40 right scale 0 font ',10'
		plot for [i = 1:phases] data index (p - 1) \
			using ($0 + 0.5):(low(i)):($0 + 0.12):($0 + 0.88):(low(i)):(high(i)):\
			xtic(sprintf('%s %d MiB', series_label[int($1)], $2)) \
			with boxxyerror fillstyle solid 1 noborder lc rgb phase_colour[i + 1], \
			data index (p - 1) using ($0 + 0.5):9:(0):(rise($9, $11)) \
			@spread_bar lc rgb black, \
			data index (p - 1) using ($0 + 0.5):11:(total($10)) \
			with labels offset 0, 0.5 font ',9' textcolor rgb text_grey
		unset label
	}
	eval panel(0, w, h - key_h, h, w, h)
	eval key_only
	set key maxcols key_columns(keys, 9, w) samplen 1.5
	plot for [i = 1:phases] NaN with boxes fillstyle solid 1 noborder lc rgb phase_colour[i + 1] \
		title (present[i] ? phase_name[i + 1] : '')
	unset multiplot
	unset output
	reset
	load home.'style.gp'
}
