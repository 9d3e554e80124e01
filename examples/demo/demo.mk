# demo.mk - the main job, from nothing: installs what is missing, builds, and runs an agent in a bottle.
#   make demo                  by bubblewrap; by Docker where that cannot be
#   make demo BACKEND=docker   by the Docker Engine that answers here, or a private one
DEMO_DIR ?= build/demo
BACKEND ?=
demo: demo-deps
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@sh examples/demo/run.sh $(B)/bottle $(DEMO_DIR) $(BACKEND)
demo-deps:; @sh .ci/deps build $(if $(filter docker,$(BACKEND)),demo-docker,demo)
.PHONY: demo demo-deps
