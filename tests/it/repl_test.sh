# The prompt: a refused host is explained, the policy edited, reloaded, and the host is allowed.
. "${0%/*}/lib.sh"
once_ "the prompt starts no bottle"

dir=$IT_WORK/repl
mkdir -p "$dir"
chmod 700 "$dir"
cd "$dir" || exit 1

policy_allows() {
	{
		echo 'local policy = require "policy"'
		echo 'policy.rule("allowlist", { id = "it/hosts", run = function()'
		echo "  return { $1 }"
		echo 'end })'
	} >"$dir/site.lua"
}

# A tmux server of our own, so that nobody's sessions are touched.
mux() { tmux -L "bottle-it-$IT_RUN" "$@"; }
screen() { mux capture-pane -p -t repl; }
shows() { screen | grep -qF -- "$1"; }
expect_shows() {
	off && return
	wait_for 10 shows "$1" || bad "the screen lacks '$1': $(screen | grep -v '^$' | tail -n 12)"
}
keys() { off || mux send-keys -t repl "$@"; }

case_ "from a pipe, explain says why a host is refused, and the status is 0"
printf 'explain "x.test:443"\n' >"$dir/lines"
feed_ "$BOTTLE" repl default <"$dir/lines"
expect_status 0
expect_out "domain not in allowlist: x.test"

case_ "from a pipe, a failing line is told with its place and the status is 1"
printf 'plan.nothing.there\n1 + 1\n' >"$dir/lines"
feed_ "$BOTTLE" repl default <"$dir/lines"
expect_status 1
expect_out 2
expect_err "bottle: repl:1: "

case_ "a policy that does not load is one line, and no prompt"
echo 'policy.rule(' >"$dir/site.lua"
printf '1\n' >"$dir/lines"
feed_ "$BOTTLE" repl ./site.lua <"$dir/lines"
expect_status 125
expect_err "site.lua:"
expect "one line" [ "$(wc -l <"$err")" -eq 1 ]

case_ "on a terminal a refused host is explained, the policy edited, reloaded, and the host is allowed"
policy_allows '"a.test"'
off || mux new-session -d -s repl -x 100 -y 40 "$BOTTLE repl ./site.lua; echo left with \$?; sleep 60"
expect_shows 'bottle>'
keys 'explain "new.test"' Enter
expect_shows 'deny  new.test:443'
policy_allows '"a.test", "new.test"'
keys 'reload()' Enter
expect_shows '+ egress.allowlist: new.test (it/hosts)'
keys 'explain "new.test"' Enter
expect_shows 'allow  new.test:443'

case_ "a policy that no longer loads is refused by reload, and the old one stays"
echo 'error "half done"' >"$dir/site.lua"
keys 'reload()' Enter
expect_shows 'half done'
keys C-l 'explain "new.test"' Enter
expect_shows 'allow  new.test:443'

case_ "Ctrl-C ends a chunk that runs on, not the prompt"
keys C-l 'while true do end' Enter
off || sleep 0.5
keys C-c
expect_shows 'interrupted'
keys '6 * 7' Enter
expect_shows '42'

case_ "Tab completes names, the history comes back with the arrow"
keys C-l 'plan.egr' Tab '.summ' Tab Enter
expect_shows 'hosts allowed'
keys C-l Up Enter
expect_shows 'hosts allowed'

case_ "Ctrl-D leaves"
keys C-l C-d
expect_shows 'left with 0'
off || mux kill-server

done_
