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

case_ "the shell runs, and reaches nothing but what its manifest names"
tagged=
if [ "$IT_BACKEND" = docker ] && ! docker image inspect bottle-agent-shell >/dev/null 2>&1; then
	docker tag bottle-test-agent:latest bottle-agent-shell # its own needs a registry to be built from
	tagged=1
fi
s=$(slug_ shell)
feed_ "$BOTTLE" run "$agents/shell/policy.lua" -m "$agents/shell/bottle.json" --name "$s" --cwd none -y <<'SH'
echo "in $BOTTLE_AGENT: $PS1"
curl -sS -o /dev/null -w '%{http_connect}\n' https://api.anthropic.com/
exit 7
SH
expect_status 7
expect_out 'in shell: bottle$ '
expect_out 403
expect_nothing_left "$s"
[ -z "$tagged" ] || docker rmi bottle-agent-shell >/dev/null
done_
