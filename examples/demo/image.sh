#!/bin/sh
# image.sh NAME DIR - make the agent's image from Debian packages, without a registry, once.
set -eu
name=$1
dir=$2
docker image inspect "$name" >/dev/null 2>&1 && exit 0
mkdir -p "$dir"
if ! [ -f "$dir/agent.tar" ]; then
	echo "demo: making the agent's root filesystem (a minute, once)" >&2
	mode=auto
	[ "$(id -u)" -ne 0 ] || mode=root
	mmdebstrap --quiet --mode="$mode" --variant=essential --format=tar \
		--include=ca-certificates,curl,git,nodejs,python3,openssh-client \
		--aptopt='APT::Install-Recommends "false"' bookworm "$dir/agent.tar.part" >"$dir/image.log" 2>&1 || {
		echo "demo: mmdebstrap failed:" >&2
		tail -n 3 "$dir/image.log" >&2
		exit 1
	}
	mv "$dir/agent.tar.part" "$dir/agent.tar"
fi
docker import "$dir/agent.tar" "$name" >/dev/null
