# Ended by a command that fails.
echo "about to look"
ls /no/such/file
say "never reached"
