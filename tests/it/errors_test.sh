# What is broken is said in one line with its place, before anything is made.
. "${0%/*}/lib.sh"

s=$(slug_ err)
fails_with() {
	expect_status "$1"
	tail -1 "$err" >"$err.last"
	grep -q '^bottle: ' "$err.last" || bad "the last line does not begin with bottle:"
	shift
	for text in "$@"; do
		grep -qF -- "$text" "$err" || bad "stderr lacks: $text"
	done
	refuse_err "stack traceback"
	expect_nothing_left "$s"
	expect "no ledger is left" [ -z "$(find "$XDG_STATE_HOME" -type f 2>/dev/null)" ]
}

site_ ''
case_ "a manifest that does not parse names file and line"
off || printf '{ "bottles": {\n  "default": [ }\n' >"$site/bottle.json"
run_ "$site_run" "$s" root -- true
fails_with 125 bottle.json

case_ "an unknown key names its path and the nearest key"
site_ ''
off || manifest_ '{"resorces":{"memory":"1g"}}'
run_ "$site_run" "$s" root -- true
fails_with 125 resorces resources

case_ "a policy that does not compile names file and line"
site_ 'policy.rule("allowlist", { id = '
run_ "$site_run" "$s" root -- true
fails_with 125 policy.lua:

case_ "an agent that is not in the manifest names the nearest"
site_ ''
run_ "$site_run" "$s" rooot -- true
fails_with 125 root

case_ "a skill and an identity file that are not there are named"
site_ ''
off || { jq '.agents.root.skills = ["no-such-skill"]' "$site/bottle.json" >"$site/b" && mv "$site/b" "$site/bottle.json"; }
run_ "$site_run" "$s" root -- true
fails_with 125 no-such-skill
site_ ''
off || manifest_ '{"ssh":[{"Host":"h","HostName":"h.good.test","User":"git","Port":22,"IdentityFile":"/no/such/key"}]}'
run_ "$site_run" "$s" root -- true
fails_with 125 /no/such/key

case_ "a variable that is not set is named, not its value"
site_ ''
off || manifest_ '{"env":{"TOKEN":{"from_env":"IT_NOT_SET"}}}'
run_ "$site_run" "$s" root -- true
fails_with 125 IT_NOT_SET

case_ "an engine that is not there is named with what was tried"
needs_ docker "no Engine is asked"
site_ ''
LIMIT=30 run_ env DOCKER_HOST=unix:///no/such/docker.sock sh -c 'cd "$1" && "$BOTTLE" run -y -m "$2" --name "$3" "$4" root -- true' sh "$site/project" "$site/bottle.json" "$s" "$site/policy.lua"
fails_with 125 /no/such/docker.sock

case_ "nobody is asked about a plan that no engine can run"
needs_ docker "no Engine is asked"
LIMIT=30 run_ env DOCKER_HOST=unix:///no/such/docker.sock sh -c 'cd "$1" && "$BOTTLE" run -m "$2" --name "$3" "$4" root -- true' sh "$site/project" "$site/bottle.json" "$s" "$site/policy.lua"
fails_with 125 /no/such/docker.sock "systemctl start docker"
expect_one_line
refuse_err "start it?"
LIMIT=30 run_ env DOCKER_HOST=unix:///no/such/docker.sock sh -c 'cd "$1" && "$BOTTLE" run --dry-run -m "$2" --name "$3" "$4" root -- true' sh "$site/project" "$site/bottle.json" "$s" "$site/policy.lua"
expect_status 0

case_ "nobody is asked without knowing why docker, and that an image will be pulled"
needs_ docker "there is no image"
site_ 'policy.rule("image", { id = "it/image", before = "*", run = function() return "localhost:1/no-such-image:1" end })'
run_ sh -c 'cd "$1" && "$BOTTLE" run -m "$2" --name "$3" "$4" root -- true' sh "$site/project" "$site/bottle.json" "$s" "$site/policy.lua"
expect_status 1
expect_err "image localhost:1/no-such-image:1 is not on this host: the launch pulls it"
expect_err '$DOCKER_HOST'

case_ "an image that is not there is named"
needs_ docker "there is no image"
site_ 'policy.rule("image", { id = "it/image", before = "*", run = function() return "localhost:1/no-such-image:1" end })'
run_ "$site_run" "$s" root -- true
fails_with 125 "localhost:1/no-such-image:1"

case_ "engine pipelock without its image names both ways out"
needs_ docker "there is no engine pipelock"
site_ ''
off || echo '-- no rule of this site' >"$site/policy.lua"
run_ env BOTTLE_PIPELOCK_IMAGE=localhost:1/pipelock:1 sh -c 'cd "$1" && "$BOTTLE" run -y --engine pipelock -m "$2" --name "$3" "$4" root -- true' sh "$site/project" "$site/bottle.json" "$s" "$site/policy.lua"
fails_with 125 "localhost:1/pipelock:1" "BOTTLE_PIPELOCK_IMAGE" "--engine gate"

case_ "without bubblewrap the line names the package"
needs_ native "needs no bubblewrap"
run_ env PATH="$IT_WORK" "$BOTTLE" run -y -m "$site/bottle.json" --name "$s" "$site/policy.lua" root --cwd none -- true
fails_with 125 bubblewrap
expect_status 125

case_ "a command that the bottle does not see is found before anything starts, with what helps"
needs_ native "an image has its own programs"
site_ ''
run_ "$site_run" "$s" root -- no-such-agent
fails_with 127 "command: no-such-agent is not in the bottle: looked in" "put its folder into your PATH"
expect_one_line
run_ "$site_run" "$s" root --dry-run -- no-such-agent
expect_status 0
expect_err "a run would stop: command: no-such-agent"

case_ "without an engine an unknown name is not told of Docker, doctor says a mend once, and a dry run says native"
needs_ native "this is about a host without one"
if [ -S /var/run/docker.sock ] || [ -S /run/podman/podman.sock ]; then
	skip_ "an engine answers here"
fi
for c in "exec nope -- true" "logs nope" "stop nope"; do
	# shellcheck disable=SC2086
	run_ env -u DOCKER_HOST "$BOTTLE" $c
	fails_with 125 "no bottle nope; see bottle list"
	expect_one_line
	refuse_err Docker
done
run_ env DOCKER_HOST=unix:///no/such/docker.sock "$BOTTLE" stop nope
fails_with 125 "no bottle nope; no Docker Engine answers" /no/such/docker.sock
run_ env -u DOCKER_HOST "$BOTTLE" doctor
expect "each mend once" [ "$(grep -c 'docker.io' "$out")" = 1 ]
run_ env -u DOCKER_HOST -u BOTTLE_BACKEND sh -c 'cd "$1" && "$BOTTLE" run --dry-run -m "$2" --name "$3" "$4" root --format json -- true' sh "$site/project" "$site/bottle.json" "$s" "$site/policy.lua"
expect "what a run would take" jq -e '.backend == "native" and .backend_reason == "no engine answers, and bwrap is here"' "$out"

case_ "engine pipelock on this backend is refused, and the line names the other"
needs_ native "has engine pipelock"
off || echo '-- no rule of this site' >"$site/policy.lua"
run_ env BOTTLE_PIPELOCK_IMAGE=localhost:1/pipelock:1 sh -c 'cd "$1" && "$BOTTLE" run -y --engine pipelock -m "$2" --name "$3" "$4" root -- true' sh "$site/project" "$site/bottle.json" "$s" "$site/policy.lua"
fails_with 125 "--backend docker"

case_ "without a terminal and without -y the answer is no"
site_ ''
run_ sh -c 'cd "$1" && "$BOTTLE" run -m "$2" --name "$3" "$4" root -- true' sh "$site/project" "$site/bottle.json" "$s" "$site/policy.lua"
expect_status 1
expect_nothing_left "$s"

case_ "a wrong option is a usage error"
run_ "$BOTTLE" run --no-such-option
expect_status 2

case_ "a provisioning step that fails takes everything back"
site_ 'policy.rule("provision", { id = "it/fails", after = "git", run = function(box) local _, _, code = box:exec("exit 3"); error({ message = "it/fails: status " .. code, status = 125 }, 0) end })'
run_ "$site_run" "$s" root -- true
expect_status 125
expect_err "it/fails: status 3"
expect_nothing_left "$s"
done_
