# How much of a guest's memory is where its vCPUs run? Data: name, ours, stock, in percent.
set terminal svg size 760, 60 + 30 * int(system("wc -l <" . data)) + 60 font "DejaVu Sans,13" background "white"
set output out
set title "How much of its memory a guest has at its vCPUs"
set xlabel "memory on the vCPUs' nodes, %"
set xrange [0:100]
set yrange [*:*] reverse
set offsets 0, 0, 0.6, 0.6
set ytics nomirror scale 0
set grid x lc rgb "#cccccc"
set key outside right center
set style fill solid
set boxwidth 0.36
plot data using (0):($0 - 0.19):(0):2:($0 - 0.37):($0 - 0.01):ytic(1) with boxxyerror lc rgb "#0072b2" title "ours", \
     data using (0):($0 + 0.19):(0):3:($0 + 0.01):($0 + 0.37) with boxxyerror lc rgb "#e69f00" title "stock"
