# What modes plan and show print, and that a build does what plan has said.

.PHONY: plan-check
plan-check: all model $(B)/model/numa-api/xenguest
	B='$(B)' tests/plan/golden
	B='$(B)' tests/plan/pictures
	B='$(B)' tests/plan/show
	B='$(B)' tests/plan/builds
