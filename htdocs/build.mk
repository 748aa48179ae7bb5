# SPDX-License-Identifier: Apache-2.0
# The pages: build/htdocs (served: mpin.js and mpin/; read by the module: pages/ and mpin/texts/; for applications to
# copy: m/).

HTDOCS = $(BUILD)/htdocs.stamp

$(HTDOCS): $(shell find htdocs -type f) package-lock.json
	node htdocs/build.mjs $(BUILD)/htdocs
	@touch $@
