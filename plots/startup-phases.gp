# SPDX-License-Identifier: GPL-2.0-only
# Startup as a stack of phases: one panel a workload, one bar a memory and series.
# Columns of the data: series, MiB, then ms of define, register, launch, firmware, kernel, userspace.
home = ARG0[1:strlen(ARG0) - strlen('startup-phases.gp')]
load home.'style.gp'
load ARG1.'.gp'
data = ARG1.'.dat'

phases = 6
ms(c) = valid(c) ? column(c) : 0
low(p) = p == 1 ? 0 : sum [i = 1:p - 1] ms(i + 2)
high(p) = sum [i = 1:p] ms(i + 2)

array bars[panel_title_nr]
total = 0; most = 0
do for [p = 1:panel_title_nr] {
	stats data index (p - 1) using 1 nooutput
	bars[p] = STATS_records
	total = total + bars[p]
	most = bars[p] > most ? bars[p] : most
}
array present[phases]
do for [i = 1:phases] {
	stats data using (ms(i + 2)) nooutput
	present[i] = STATS_max > 0
}

# All panels in a row, or where that would be too wide, one below the other.
eval measure_series
stacked = total > 24
rows = stacked ? panel_title_nr : 1
gap = stacked && 5 * (longest_series + 9) > 96 ? 5 * (longest_series + 9) : 96
head = 90; plot_h = 240; label_h = 4.6 * (longest_series + 9) + 16
w = stacked ? gap + 34 * most + 20 : gap * panel_title_nr + 40 * total + 20
w = w < 620 ? 620 : w
bar_w = stacked ? (w - 20.0 - gap) / most : (w - 20.0 - gap * panel_title_nr) / total
keys = (sum [i = 1:phases] present[i]); key_h = key_height(keys, 9, w)
panel_h = plot_h + label_h + 40
h = head + rows * panel_h - 40 + key_h

do for [format in 'svg png'] {
	eval start(format, ARG2, w, h)
	eval heading(title, clock_note, h)
	x = 0.0; y = head
	do for [p = 1:panel_title_nr] {
		eval panel(x + gap, x + gap + bar_w * bars[p], y, y + plot_h, w, h)
		if (p == 1 || stacked) { set ylabel 'startup ('.clock.'ms)' offset 0.5, 0 textcolor rgb text_grey } else { unset ylabel }
		if (stacked) { y = y + panel_h } else { x = x + gap + bar_w * bars[p] }
		set title panel_title[p] offset 0, -0.4
		set xrange [-0.05:bars[p] + 0.05]
		set yrange [0:*]
		set xtics rotate by 40 right scale 0 font ',10'
		plot for [i = 1:phases] data index (p - 1) \
			using ($0 + 0.5):(low(i)):($0 + 0.12):($0 + 0.88):(low(i)):(high(i)):\
			xtic(sprintf('%s %d MiB', series_label[int($1)], $2)) \
			with boxxyerror fillstyle solid 1 noborder lc rgb phase_colour[i + 1]
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
