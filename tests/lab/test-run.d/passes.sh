# Passes, with a line for people in the middle of one that is not ended.
printf 'no newline here'
say 'two  blanks and a \backslash'
