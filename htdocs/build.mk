# SPDX-License-Identifier: Apache-2.0
# The pages: build/htdocs (served: mpin.js and mpin/; read by the module: pages/ and mpin/texts/; for applications to
# copy: m/), and build/assets.c, by which they are compiled into the module. A release archive has both ready in vendor/:
# who changes a page there removes vendor/, and needs node.

HTDOCS = $(BUILD)/htdocs.stamp

ifneq ($(VENDOR),)
$(HTDOCS): $(shell find vendor/htdocs -type f)
	@mkdir -p $(BUILD)
	rm -rf $(BUILD)/htdocs
	cp -R vendor/htdocs $(BUILD)/htdocs
	@touch $@

$(BUILD)/assets.c: vendor/assets.c
	@mkdir -p $(BUILD)
	cp $< $@
else
$(HTDOCS): $(shell find htdocs -type f) package-lock.json
	node htdocs/build.mjs $(BUILD)/htdocs
	@touch $@

$(BUILD)/assets.c: src/base/embed.mjs $(HTDOCS)
	node $< $(BUILD)/htdocs $@
endif
