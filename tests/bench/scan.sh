#!/bin/sh
# scan.sh BUILD - the credential scanner: clean, encoded and hostile texts, against a bare pass.
set -eu
exec "$1/bench_scan"
