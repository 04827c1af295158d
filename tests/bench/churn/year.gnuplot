# Lines: over the starts, 8 nodes at 80 %.
set terminal svg size 900,380 font "sans-serif,13" background rgb "white"
set output output
set title "Does it stay so? 8 nodes, 80 % of the memory in use"
set xlabel "% of the starts"
set ylabel "local memory of starting guests, %"
set xrange [0:100]
set yrange [0:105]
set grid ytics lc rgb "#dddddd"
set key outside right center
plot data."/year" using 1:5 with lines lw 3 lc rgb "#004488" title "ours", \
     "" using 1:4 with lines lw 2 dt 2 lc rgb "#56b4e9" title "XenServer 9", \
     "" using 1:3 with lines lw 2 dt 4 lc rgb "#e69f00" title "XCP-ng 8.3", \
     "" using 1:2 with lines lw 2 dt 3 lc rgb "#777777" title "stock"
