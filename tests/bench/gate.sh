#!/bin/sh
# gate.sh BUILD - the gate against no proxy, squid with ssl-bump and mitmproxy, interception on, scanning on:
# a table in less than four minutes.
set -eu
here=$(dirname "$0")
for p in nginx openssl taskset; do
	command -v "$p" >/dev/null || { echo "   skipped: no $p"; exit 0; }
done
[ -x "$1/bench_load" ] || { echo "   skipped: no $1/bench_load (make bench)"; exit 0; }
PYTHONDONTWRITEBYTECODE=1 python3 "$here/gate.py" "$(realpath "$1")" "${BOTTLE_BENCH_ROUNDS:-3}" "${BOTTLE_BENCH_SECONDS:-1.2}"
