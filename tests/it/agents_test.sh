# examples/agents: each is checked as its README has it, and the shell runs. Claude Code: claude_test.sh.
. "${0%/*}/lib.sh"

agents=$top/examples/agents
# A value that is none: nobody is asked for a key here.
export ANTHROPIC_API_KEY=none-of-this-world OPENAI_API_KEY=none-of-this-world

for agent in claude codex opencode shell; do
	# By its image: whether this host has the program too is the native way's question.
	case_ "$agent: its policy and its manifest are without a fault, its plan can be shown"
	run_ "$BOTTLE" check --backend docker "$agents/$agent/policy.lua" -m "$agents/$agent/bottle.json"
	expect_status 0
	run_ "$BOTTLE" run --dry-run --backend docker "$agents/$agent/policy.lua" -m "$agents/$agent/bottle.json" --format json --cwd none
	expect_status 0
	expect "its image is the one that its recipe makes" jq -e --arg i "bottle-agent-$agent" '.image == $i' "$out"
	expect "the recipe says so" grep -q "docker build -t bottle-agent-$agent examples/agents/$agent" "$agents/$agent/Dockerfile"
done

case_ "claude: its other manifest is without a fault, and leaves its key with the gate"
run_ "$BOTTLE" check --backend docker "$agents/claude/policy.lua" -m "$agents/claude/routed.json"
expect_status 0
run_ "$BOTTLE" run --dry-run --backend docker "$agents/claude/policy.lua" -m "$agents/claude/routed.json" --format json --cwd none
expect_status 0
expect "a placeholder for the key" jq -e 'any(.env[]; .name == "ANTHROPIC_API_KEY" and .source == "placeholder")' "$out"
expect "and TLS that is opened" jq -e '.egress.tls_interception.passthrough_domains == []' "$out"

for agent in claude codex opencode; do
	case_ "$agent: says its version in the image of its recipe"
	needs_ docker "there is no image"
	# Building it needs two registries: the operator's to do (docs/building.md).
	[ "$IT_BACKEND" != docker ] || docker image inspect "bottle-agent-$agent" >/dev/null 2>&1 ||
		skip_ "no image bottle-agent-$agent: docker build -t bottle-agent-$agent examples/agents/$agent"
	s=$(slug_ "$agent")
	run_ "$BOTTLE" run "$agents/$agent/policy.lua" -m "$agents/$agent/bottle.json" --name "$s" --cwd none -y -- "$agent" --version
	expect_status 0
	expect_out "$(sed -n 's/^ARG VERSION=//p' "$agents/$agent/Dockerfile")"
	expect_nothing_left "$s"
done

# Its recipe as it stands, but on the tests' root filesystem and without a registry: an apt-get in apt-get's place
# looks whether the packages that are named are there.
recipe_() {
	mkdir -p "$IT_WORK/recipe"
	sed 's/^FROM .*/FROM bottle-test-agent:latest\nCOPY apt-get \/usr\/local\/sbin\//' "$agents/shell/Dockerfile" >"$IT_WORK/recipe/Dockerfile"
	cat >"$IT_WORK/recipe/apt-get" <<-'SH'
	#!/bin/sh
	[ "$1" = install ] || exit 0
	shift
	for p; do
		case $p in -*) ;; *) dpkg-query -W -f '${Status}\n' "$p" | grep -q ' installed$' || exit 1 ;; esac
	done
	SH
	chmod 755 "$IT_WORK/recipe/apt-get"
	run_ docker build --network none -t bottle-agent-shell "$IT_WORK/recipe"
}

case_ "the shell runs in the image of its recipe, and reaches nothing but what its manifest names"
made=
if [ "$IT_BACKEND" = docker ] && ! docker image inspect bottle-agent-shell >/dev/null 2>&1; then
	made=1
	recipe_
	expect_status 0
fi
s=$(slug_ shell)
feed_ "$BOTTLE" run "$agents/shell/policy.lua" -m "$agents/shell/bottle.json" --name "$s" --cwd none -y <<'SH'
echo "in $BOTTLE_AGENT: $PS1"
curl -sS -o /dev/null -w '%{http_connect}\n' https://api.anthropic.com/
echo "who $(id -un)"
exit 7
SH
expect_status 7
expect_out 'in shell: bottle$ '
if [ "$IT_BACKEND" = docker ]; then expect_out "who agent"; fi
expect_out 403
expect_nothing_left "$s"
[ -z "$made" ] || docker rmi bottle-agent-shell >/dev/null
done_
