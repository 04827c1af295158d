# Points: our rules for choosing among equals.
set terminal svg size 900,420 font "sans-serif,13" background rgb "white"
set output output
set title "Which rule among equals? (mean of all hosts and levels; left and low is good)"
set xlabel "vCPUs on the busiest node, over the mean"
set ylabel "% above local, by memory"
set offsets graph 0.05, graph 0.2, graph 0.1, graph 0.1
set grid lc rgb "#dddddd"
unset key
plot data."/rules" using 1:2 with points pt 7 ps 1 lc rgb "#004488", \
     "" using 1:2:3 with labels left offset 0.8,0.3 noenhanced font "sans-serif,11"
