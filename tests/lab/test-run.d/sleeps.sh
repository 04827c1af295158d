# time-limit: 3
# Takes too long, and leaves a process of a session of its own behind.
setsid sleep 1000 &
sleep 1000
