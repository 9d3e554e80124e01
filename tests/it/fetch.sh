# fetch.sh - a real agent for claude_test.sh and a node of today for clients_test.sh, from the npm
# registry into build/it, once.
# Sourced by run, before the environment is cleaned: npm needs the proxy and the roots of this machine.
# Exports CLAUDE, a folder with cli.js, or CLAUDE_MISSING: why there is none; NODE24, a file that is
# there or not.
# shellcheck shell=sh

# The last but few that are JavaScript and not a program for one kind of machine: any node from 18 on.
claude_version=2.1.100

fetch_claude() {
	export CLAUDE="$IT_BUILD/claude-$claude_version" CLAUDE_MISSING=
	[ ! -f "$CLAUDE/cli.js" ] || return 0
	if ! command -v npm >/dev/null; then
		CLAUDE_MISSING="no npm to fetch Claude Code $claude_version with"
		return 0
	fi
	echo "# fetching Claude Code $claude_version (once)"
	got=$(mktemp -d "$IT_BUILD/claude.XXXXXX")
	if timeout 180 npm install --prefix "$got" --omit=optional --ignore-scripts --no-audit --no-fund --fetch-retries=1 \
		--loglevel=error "@anthropic-ai/claude-code@$claude_version" >"$got/log" 2>&1 &&
		[ -f "$got/node_modules/@anthropic-ai/claude-code/cli.js" ]; then
		rm -rf "$CLAUDE"
		mv "$got/node_modules/@anthropic-ai/claude-code" "$CLAUDE"
	else
		CLAUDE_MISSING="npm cannot fetch Claude Code $claude_version: $(grep -m 1 'npm error' "$got/log" || echo "no answer in time")"
	fi
	rm -rf "$got"
}

# The first whose https and fetch() read the proxy variables, which is why bottle sets NODE_USE_ENV_PROXY.
node24_version=24.21.0

fetch_node() {
	export NODE24="$IT_BUILD/node-$node24_version"
	kind=linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
	[ ! -x "$NODE24" ] && command -v npm >/dev/null || return 0
	echo "# fetching node $node24_version (once)"
	got=$(mktemp -d "$IT_BUILD/node.XXXXXX")
	(
		cd "$got" && timeout 180 npm pack --fetch-retries=1 --loglevel=error "node-$kind@$node24_version" &&
			tar -xzf node-*.tgz --strip-components=2 package/bin/node && mv node "$NODE24"
	) >/dev/null 2>"$got/log" || sed 's/^/# node 24: /' "$got/log"
	rm -rf "$got"
}
