# Bars: hosts and levels, four ways.
set terminal svg size 900,420 font "sans-serif,13" background rgb "white"
set output output
set title "How much farther than local is a guest's memory? (0: all of it local)"
set ylabel "% above local, by memory"
set yrange [0:*]
set style data histogram
set style histogram clustered gap 1
set style fill solid border rgb "#333333"
set boxwidth 0.9
set grid ytics lc rgb "#dddddd"
set key outside top center horizontal
set bmargin 4
set xtics scale 0
plot data."/cost" using 2:xtic(1) title "stock" lc rgb "#dddddd", "" using 3 title "best\\_effort, XCP-ng 8.3" lc rgb "#e69f00", \
     "" using 4 title "best\\_effort, XenServer 9" lc rgb "#56b4e9", "" using 5 title "ours" lc rgb "#004488"
