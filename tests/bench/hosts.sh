#!/bin/sh
# hosts.sh BUILD - fold and match of 1,000,000 hosts (design §12): from Lua, and the set alone in C.
set -eu
"$1/bottle" test "$(dirname "$0")/hosts.lua" >/dev/null
"$1/bench_hosts"
