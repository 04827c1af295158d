# How long does a build take beside the stock way? Data: name, median, least, most.
set terminal svg size 760, 60 + 26 * int(system("wc -l <" . data)) + 60 font "DejaVu Sans,13" background "white"
set output out
set title "Time of a build, in times of the stock way (left is faster)"
set xlabel "time of ours / time of stock (median, and all pairs from least to most)"
set xrange [0:*]
set yrange [*:*] reverse
set offsets 0, 0.1, 0.6, 0.6
set ytics nomirror scale 0
set grid x lc rgb "#cccccc"
set arrow from 1, graph 0 to 1, graph 1 nohead lw 2 lc rgb "#555555"
set label "same" at 1, graph 1.0 offset 0.5, 0.6 tc rgb "#555555"
unset key
plot data using 2:0:3:4:ytic(1) with xerrorbars pt 7 ps 0.9 lw 2 lc rgb "#0072b2"
