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
total = 0
do for [p = 1:panel_title_nr] {
	stats data index (p - 1) using 1 nooutput
	bars[p] = STATS_records
	total = total + bars[p]
}
array present[phases]
do for [i = 1:phases] {
	stats data using (ms(i + 2)) nooutput
	present[i] = STATS_max > 0
}
gap = 96; head = 90; plot_h = 240; foot = 140
w = gap * panel_title_nr + 40 * total + 20; w = w < 620 ? 620 : w
bar_w = (w - 20.0 - gap * panel_title_nr) / total
h = head + plot_h + foot

do for [format in 'svg png'] {
	eval start(format, ARG2, w, h)
	eval heading(title, clock_note, h)
	x = 0.0
	do for [p = 1:panel_title_nr] {
		eval panel(x + gap, x + gap + bar_w * bars[p], head, head + plot_h, w, h)
		x = x + gap + bar_w * bars[p]
		set title panel_title[p] offset 0, -0.4
		if (p == 1) { set ylabel 'startup ('.clock.'ms)' offset 0.5, 0 textcolor rgb text_grey } else { unset ylabel }
		set xrange [-0.05:bars[p] + 0.05]
		set yrange [0:*]
		set xtics rotate by 45 right scale 0 font ',10'
		plot for [i = 1:phases] data index (p - 1) \
			using ($0 + 0.5):(low(i)):($0 + 0.12):($0 + 0.88):(low(i)):(high(i)):\
			xtic(sprintf('%s %d MiB', series_label[int($1)], $2)) \
			with boxxyerror fillstyle solid 1 noborder lc rgb phase_colour[i + 1]
		unset label
	}
	eval panel(0, w, h - 40, h, w, h)
	eval key_only
	set key maxcols 6 samplen 1.5
	plot for [i = 1:phases] NaN with boxes fillstyle solid 1 noborder lc rgb phase_colour[i + 1] \
		title (present[i] ? phase_name[i + 1] : '')
	unset multiplot
	unset output
	reset
	load home.'style.gp'
}
