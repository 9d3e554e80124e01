# A real agent, as it comes from its maker: Claude Code takes a turn, with a tool, in a bottle. The API
# that it talks to is a stand-in (messages_api.py) under the real name.
. "${0%/*}/lib.sh"

[ -z "$CLAUDE_MISSING" ] || skip_file "$CLAUDE_MISSING"
: >"$IT_WORK/api.log"
python3 "${0%/*}/messages_api.py" "$UP_API" "$IT_WORK/api.log" &
api=$!
trap 'kill $api; rm -f "$UP_API"' EXIT
wait_for 10 test -S "$UP_API"

# The policy of examples/agents/claude, and what the test needs: where its API is, and the program itself.
policy='policy.rule("resolve", { id = "it/api", run = function() return { ["api.anthropic.com"] = up } end })
policy.rule("mounts", { id = "it/claude", run = function(_, mounts)
  mounts:set("/opt/claude", { type = "bind", source = "'$CLAUDE'", read_only = true })
end })
'"$(sed '/^local policy/d' "$top/examples/agents/claude/policy.lua")"

# Where TLS stays closed the agent itself must know who signed for the stand-in.
root='policy.rule("provision", { id = "it/root", run = function(box)
  box:copy_in({ data = assert(require "bottle.fs".read "'$UP_CA'") }, "/tmp/up.pem", { mode = 420 })
end })
policy.rule("env", { id = "it/root", run = function() return { NODE_EXTRA_CA_CERTS = "/tmp/up.pem" } end })'

# turn_ SLUG PROMPT: one turn, its answer on standard output.
agent=root program='node /opt/claude/cli.js'
turn_() {
	# shellcheck disable=SC2086
	LIMIT=180 run_ "$site_run" "$1" $agent -- $program -p "$2" --dangerously-skip-permissions
}

# answered_ KEY: the agent ran the model's command, gave back what it printed, and said the last answer.
answered_() {
	expect_status 0
	expect_out "The command printed: from-inside-1"
	expect "the command ran in the project folder" grep -qx from-inside-1 "$site/project/made-by-the-agent"
	expect "the model was asked, and told what the command printed" jq -es --arg key "$1" \
		'[.[] | select(.path | startswith("/v1/messages")) | select(.stream and .key == $key)] |
		any(.said[] | contains("Where are you?")) and any(.said[] | contains("from-inside-1"))' "$IT_WORK/api.log"
}

s=$(slug_ claude)
key=sk-ant-$(printf 'api03-%040d' 7)
case_ "Claude Code takes a turn with TLS left closed, as shipped: its key goes nowhere else"
site_ "$policy" "$root"
manifest_ '{"env":{"ANTHROPIC_API_KEY":{"from_env":"IT_KEY"}}}'
IT_KEY=$key
export IT_KEY
turn_ "$s" "Where are you?"
answered_ "$key"
expect_nothing_left "$s"

case_ "Claude Code takes a turn with its key in the gate alone: a route sends it along"
site_ "$policy"
manifest_ '{"env":{"ANTHROPIC_API_KEY":{"from_env":"IT_KEY"}},"egress_proxy":{"routes":[{"Host":"api.anthropic.com",
	"auth":{"scheme":"header","header":"x-api-key","token_env":"ANTHROPIC_API_KEY"}}]}}'
: >"$IT_WORK/api.log"
turn_ "$s" "Where are you?"
answered_ "$key"
expect "what it ran found a placeholder" grep -qE '^ANTHROPIC_API_KEY=bottle-ANTHROPIC_API_KEY-[0-9a-f]{24}$' "$site/project/env-of-the-agent"
expect "and the key nowhere" sh -c '! grep -qF "$1" "$2"' sh "$key" "$site/project/env-of-the-agent"
expect_nothing_left "$s"

case_ "Claude Code takes a turn with TLS opened: prompts and answers are looked at and pass"
# A key in the agent's own hands is a secret like any other: that it may go to this host is the site's word.
site_ "$policy" 'policy.remove("passthrough", "llm")
policy.rule("known_secrets", { id = "it/key", after = "*", run = function(_, names) names:remove "ANTHROPIC_API_KEY" end })'
manifest_ '{"env":{"ANTHROPIC_API_KEY":"key-of-the-stand-in"}}'
: >"$IT_WORK/api.log"
turn_ "$s" "Where are you?"
answered_ key-of-the-stand-in
expect_nothing_left "$s"

case_ "and a token in the prompt does not leave: the agent is told why"
: >"$IT_WORK/api.log"
token=ghp_$(printf 'Zx9%s' KqW2vB7nM4tR8yU1pL5sD3fG6hJ0cAeTiOk)
turn_ "$s" "Try $token"
expect "the turn failed" [ "$status" -ne 0 ]
expect_out "blocked: request body contains secret: GitHub Token"
expect "the model never saw it" sh -c '! grep -qF "$1" "$2"' sh "$token" "$IT_WORK/api.log"
expect_nothing_left "$s"

case_ "Claude Code takes a turn in the image of its recipe, as that image's own user"
needs_ docker "there is no image"
# Building it needs two registries: the operator's to do (docs/building.md).
[ "$IT_BACKEND" != docker ] || docker image inspect bottle-agent-claude >/dev/null 2>&1 ||
	skip_ "no image bottle-agent-claude: docker build -t bottle-agent-claude examples/agents/claude"
site_ "$(printf %s "$policy" | sed '/"it\/claude"/,/^end })/d')" "$root"
manifest_ '{"env":{"ANTHROPIC_API_KEY":{"from_env":"IT_KEY"}}}'
jq '.agents.claude = { bottle: "default", image: "bottle-agent-claude", command: ["claude"] }' "$site/bottle.json" >"$IT_WORK/with"
mv "$IT_WORK/with" "$site/bottle.json"
chown 1000:1000 "$site/project"
: >"$IT_WORK/api.log"
agent=claude program=claude
turn_ "$s" "Where are you?"
answered_ "$key"
expect_nothing_left "$s"
done_
