#!/bin/sh
# scan.sh BUILD - the credential scanner on clean text.
set -eu
exec "$1/bench_scan"
