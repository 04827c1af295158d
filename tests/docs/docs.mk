# What people read, compared with what the program is.
#
#   make docs-check   manual pages, list of messages, completion; and examples of contrib

.PHONY: docs-check
docs-check: all model
	@B='$(B)' tests/docs/test-docs
	@tests/docs/backends
	@B='$(B)' tests/model/start-guests
