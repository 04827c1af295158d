# What people read, compared with what the program is.
#
#   make docs-check   manual pages, list of messages, completion, worked examples; and those of contrib

.PHONY: docs-check
docs-check: all model
	@B='$(B)' tests/docs/test-docs
	@tests/docs/backends
	@B='$(B)' tests/docs/examples
	@B='$(B)' tests/model/start-guests

# Shell that people get, and its tests.
SHELL_SOURCES := $(wildcard contrib/* contrib/completion/* packaging/deb/post* packaging/deb/make-deb \
	tests/docs/*.sh tests/docs/test-docs tests/docs/completion tests/docs/backends tests/docs/examples tests/package/* \
	tests/model/start-guests)

lint: $(B)/lint/shell
$(B)/lint/shell: $(filter-out contrib/completion,$(SHELL_SOURCES))
	@mkdir -p $(@D)
	$(call say,SHELLCHECK,contrib packaging tests/docs tests/package)
	$(Q)shellcheck $^
	@touch $@
