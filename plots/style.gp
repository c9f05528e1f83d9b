# SPDX-License-Identifier: GPL-2.0-only
# The one style of all figures. Every script is called as
#
#	gnuplot -d -c SCRIPT.gp DATA OUT
#
# where DATA.gp holds the settings and DATA.dat the numbers that the runner wrote, and writes
# OUT.svg and OUT.png. Numbers are tidy blocks, two blank lines apart; '?' is a missing value.

set datafile missing '?'
set encoding utf8

# Okabe and Ito's palette, which colour-blind readers can tell apart. A strategy has the same colour
# in every figure; what is not known here is grey.
black = '#000000'; orange = '#E69F00'; sky = '#56B4E9'; green = '#009E73'
yellow = '#F0E442'; blue = '#0072B2'; vermillion = '#D55E00'; purple = '#CC79A7'
grey = '#888888'
strategy_colour(s) = s eq 'none' ? blue : s eq 'upfront' ? vermillion : s eq 'spte' ? green : \
	s eq 'memslot' ? purple : s eq 'nopin' ? orange : grey

# Phases in the order in which a cell goes through them.
array phase_name[11] = ['modules', 'define', 'register', 'launch', 'firmware', 'kernel', \
	'userspace', 'workload', 'stop', 'teardown', 'leak-check']
array phase_colour[11] = [grey, sky, vermillion, purple, orange, green, blue, yellow, '#BBBBBB', \
	'#777777', '#DDDDDD']

# A strategy has its point type, too. Kernels of one strategy differ by dash and by filled or open.
series_dash(variant) = variant + 1
strategy_point(s) = s eq 'none' ? 7 : s eq 'upfront' ? 5 : s eq 'spte' ? 9 : s eq 'memslot' ? 11 : \
	s eq 'nopin' ? 13 : 15
point_of(s, variant) = strategy_point(s) - variant % 2

# Of n curves that may lie on each other, the i-th: the first is widest, so that it shows behind the others.
curve_width(i, n) = 1.4 + 2.4 * (n - i) / n

text_grey = '#555555'

# Evaluate the result to start drawing a figure of w x h points in this format.
start(format, out, w, h) = format eq 'svg' ? \
	sprintf("set terminal svg size %d,%d noenhanced rounded font 'DejaVu Sans,Helvetica,Arial,sans-serif,12' background '#ffffff' linewidth 1.2; set output '%s.svg'", w, h, out) : \
	sprintf("set terminal pngcairo size %d,%d noenhanced rounded font 'DejaVu Sans,12' fontscale 1.5 background '#ffffff' linewidth 1.8 pointscale 1.5; set output '%s.png'", 1.5 * w, 1.5 * h, out)

# Evaluate the result once the figure is started: its heading, with what a ns is.
heading(title, note, h) = sprintf("set multiplot; set label 1 '%s' at screen 0.5, %f center font ',15'; set label 2 '%s' at screen 0.5, %f center font ',11' textcolor rgb text_grey", \
	title, 1 - 18.0 / h, note, 1 - 38.0 / h)

# A bar from the least to the greatest value, "using x:(low):(0):(rise(low, high))"; nothing where they are one.
rise(low, high) = high > low ? high - low : NaN
spread_bar = "with vectors heads size screen 0.003,90 lw 1.2"

# The margins of a panel, in points from the top left corner of a figure of w x h points.
panel(left, right, top, bottom, w, h) = sprintf("set lmargin at screen %f; set rmargin at screen %f; set tmargin at screen %f; set bmargin at screen %f", \
	left / (1.0 * w), right / (1.0 * w), 1 - top / (1.0 * h), 1 - bottom / (1.0 * h))

# A key of n entries, the longest of len characters, in a figure of w points: its columns and height.
key_columns(n, len, w) = (key_fit = int((w - 20.0) / (7.6 * len + 56)), key_fit < 1 || n < 1 ? 1 : key_fit > n ? n : key_fit)
key_height(n, len, w) = 22 * int(ceil(1.0 * n / key_columns(n, len, w))) + 16
longest_series = 0
measure_series = "do for [i = 1:series_label_nr] { if (strlen(series_label[i]) > longest_series) { longest_series = strlen(series_label[i]) } }"

# What turns the rest of the figure, into a place for nothing but the key.
key_only = "unset label; unset object; unset arrow; unset title; unset xlabel; unset ylabel; unset tics; unset grid; unset border; unset logscale; set xrange [0:1]; set yrange [0:1]; set key center center horizontal reverse Left"

set style line 100 lc rgb '#cccccc' lw 0.5
set border 3 lc rgb text_grey lw 0.8
set tics nomirror out scale 0.6 textcolor rgb text_grey
set grid y ls 100
unset key
