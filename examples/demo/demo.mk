# demo.mk - the main job, from nothing: installs what is missing, builds, and runs an agent in a bottle.
DEMO_DIR ?= build/demo
demo: demo-deps
	@$(MAKE) --no-print-directory all
	@sh examples/demo/run.sh $(B)/bottle $(DEMO_DIR)
demo-deps:; @sh .ci/deps build demo
.PHONY: demo demo-deps
