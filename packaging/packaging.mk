# Installing beside the stock program, and packages.
#
#   make install-alternative NAME=numa   the program as an alternative that a VM can ask for
#   make install-support                 command, manual pages, completion, settings, support bundle
#   make deb, make rpm                   packages of both, under $(B)/packages
#   make package-check                   what they contain, do, and leave behind
#   make package-lint                    lintian and rpmlint, which pull in much: not part of make check
#
# Neither replaces anything of the stock program.

NAME ?= numa
ALTERNATIVES ?= /usr/lib/xapi/alternatives/xenguest
SBINDIR ?= $(PREFIX)/sbin
SYSCONFDIR ?= /etc
MANDIR ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(SYSCONFDIR)/bash_completion.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
BUGTOOLDIR ?= $(SYSCONFDIR)/xensource/bugtool
MAN_PAGES := $(wildcard docs/man/*.[58])
PACKAGES_PACKAGE_LINT := lintian rpmlint

.PHONY: install-alternative install-support
install-alternative: $(B)/xenguest
	install -D -m 755 $< '$(DESTDIR)$(ALTERNATIVES)/$(NAME)'

install-support:
	install -d '$(DESTDIR)$(SBINDIR)'
	ln -srfn '$(DESTDIR)$(ALTERNATIVES)/$(NAME)' '$(DESTDIR)$(SBINDIR)/xenguest'
	set -e; for page in $(MAN_PAGES); do \
	    dir='$(DESTDIR)$(MANDIR)'/man$${page##*.}; install -d "$$dir"; \
	    gzip -9nc $$page >"$$dir/$${page##*/}.gz"; chmod 644 "$$dir/$${page##*/}.gz"; done
	install -D -m 644 contrib/completion/xenguest.bash '$(DESTDIR)$(COMPLETIONDIR)/xenguest'
	install -D -m 644 packaging/tmpfiles.conf '$(DESTDIR)$(TMPFILESDIR)/xenguest.conf'
	install -D -m 644 packaging/bugtool/xenguest.xml '$(DESTDIR)$(BUGTOOLDIR)/xenguest.xml'
	install -D -m 644 packaging/bugtool/stuff.xml '$(DESTDIR)$(BUGTOOLDIR)/xenguest/stuff.xml'
	[ -e '$(DESTDIR)$(SYSCONFDIR)/xenguest.conf' ] || \
	    install -D -m 644 packaging/xenguest.conf '$(DESTDIR)$(SYSCONFDIR)/xenguest.conf'

# What a source package is made of: all but what git ignores.
SOURCE_TREE := Makefile README.md LICENSE .clang-format .clang-tidy contrib docs fixtures lib packaging \
	tests xenguest
RPM_BUILD = $(abspath $(B))/rpmbuild
# A program that is built already is packaged as it is.
PROGRAM ?=

.PHONY: deb rpm package-check package-lint
deb: $(B)/xenguest
	VERSION=$(VERSION) packaging/deb/make-deb '$(B)' '$(B)/packages'

rpm:
	@mkdir -p '$(B)/packages' '$(RPM_BUILD)/SOURCES'
	tar -czf '$(RPM_BUILD)/SOURCES/xenguest-numa-$(VERSION).tar.gz' \
	    --transform 's|^|xenguest-numa-$(VERSION)/|' $(SOURCE_TREE)
	rpmbuild --quiet -ba $(if $(DISTRIBUTION:debian=),,--nodeps) \
	    --define '_topdir $(RPM_BUILD)' --define 'version_ $(VERSION)' \
	    $(if $(PROGRAM),--define 'program $(abspath $(PROGRAM))') packaging/xenguest-numa.spec
	cp '$(RPM_BUILD)'/RPMS/*/*.rpm '$(RPM_BUILD)'/SRPMS/*.rpm '$(B)/packages/'

package-check: $(B)/xenguest
	B='$(B)' tests/package/test-package

package-lint: deb rpm
	@command -v lintian rpmlint >/dev/null || $(SUDO) env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y --no-install-recommends $(PACKAGES_PACKAGE_LINT)
	lintian --fail-on warning,error --info '$(B)'/packages/*.deb
	rpmlint --config packaging/rpmlint.toml '$(B)'/packages/*.rpm
