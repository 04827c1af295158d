# What people read, compared with what the program is.
#
#   make docs-check   manual pages, list of messages, completion; and examples of contrib

.PHONY: docs-check
docs-check: all
	@B='$(B)' tests/docs/test-docs
