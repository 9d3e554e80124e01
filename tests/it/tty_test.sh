# At a terminal: a prompt, its size, Ctrl-C. Driven with tmux.
. "${0%/*}/lib.sh"

site_ ''
s=$(slug_ tty)
t() { tmux -S "$IT_WORK/tmux" -f /dev/null "$@"; }
screen() { t capture-pane -p -t b; }
shows() { screen | grep -q -- "$1"; }

case_ "the preflight is shown and nothing starts before a y"
command -v tmux >/dev/null || skip_ "tmux"
off || t new-session -d -s b -x 100 -y 40 "cd '$site/project' && '$BOTTLE' run -m '$site/bottle.json' --name '$s' '$site/policy.lua' root -- sh -c 'PS1=it\\>\\  exec sh -i'; echo status=\$?; exec sleep 600"
wait_for 15 shows '\[y/N\]' || bad "no question: $(screen)"
expect "nothing is there yet" [ -z "$(engine_has "$s")" ]

case_ "after a y there is a prompt"
command -v tmux >/dev/null || skip_ "tmux"
off || t send-keys -t b y Enter
wait_for 30 shows '^it>' || bad "no prompt: $(screen)"

case_ "the window's size is the terminal's and follows it"
command -v tmux >/dev/null || skip_ "tmux"
off || t send-keys -t b 'stty size' Enter
wait_for 10 shows '^40 100' || wait_for 1 shows '^39 100' || bad "size: $(screen)"
off || t resize-window -t b -x 80 -y 24
off || sleep 0.5
off || t send-keys -t b 'stty size' Enter
wait_for 10 shows '^2[34] 80' || bad "size after the resize: $(screen)"

case_ "Ctrl-C ends what runs in the bottle, not the bottle"
command -v tmux >/dev/null || skip_ "tmux"
off || t send-keys -t b 'sleep 200; echo status-$?' Enter
off || sleep 1
off || t send-keys -t b C-c
off || t send-keys -t b 'echo still-$((40+2))' Enter
wait_for 10 shows 'still-42' || bad "the shell did not survive: $(screen)"

case_ "the shell's exit status is bottle's and nothing is left"
command -v tmux >/dev/null || skip_ "tmux"
off || t send-keys -t b 'exit 5' Enter
wait_for 20 shows '^status=5' || bad "no status: $(screen)"
expect_nothing_left "$s"

case_ "Ctrl-C at the question starts nothing"
command -v tmux >/dev/null || skip_ "tmux"
off || t respawn-pane -k -t b "trap : INT; cd '$site/project' && '$BOTTLE' run -m '$site/bottle.json' --name '$s' '$site/policy.lua' root; echo status=\$?; exec sleep 600"
wait_for 15 shows '\[y/N\]' || bad "no question: $(screen)"
off || t send-keys -t b C-c
wait_for 10 shows 'status=130' || bad "no end: $(screen)"
expect_nothing_left "$s"

case_ "a step that takes over a second is shown, and gone when it ends"
command -v tmux >/dev/null || skip_ "tmux"
cat >"$site/step.lua" <<'EOF'
local proc <const>, term <const> = require "bottle.proc", require "bottle.term"
require "bottle.test".case("until the input ends", function()
  local _ <close> = term.step "waiting for the end"
  assert(proc.run({ "head", "-n1" }, { stdin = "inherit" }))
end)
EOF
off || t respawn-pane -k -t b "'$BOTTLE' test '$site/step.lua'; echo status=\$?; exec sleep 600"
wait_for 15 shows '^bottle: waiting for the end .* s$' || bad "not shown: $(screen)"
off || t send-keys -t b C-d # echoes nothing, as a newline would
wait_for 15 shows '^status=0' || bad "no end: $(screen)"
off || ! shows 'waiting for the end' || bad "still shown: $(screen)"

case_ "so is a provisioning step, by its id"
needs_ native "preparing the box is one step there, shown by the same code"
command -v tmux >/dev/null || skip_ "tmux"
site_ 'policy.rule("provision", { id = "it/waits", after = "git", run = function(box)
  box:exec("until [ -e go ]; do sleep 0.1; done; rm go")
end })'
off || t respawn-pane -k -t b "cd '$site/project' && '$BOTTLE' run -y -m '$site/bottle.json' --name '$s' '$site/policy.lua' root -- true; echo status=\$?; exec sleep 600"
wait_for 15 shows '^bottle: provisioning: it/waits .* s$' || bad "not shown: $(screen)"
: >"$site/project/go"
wait_for 15 shows '^status=0' || bad "no end: $(screen)"
off || ! shows 'provisioning: it/waits' || bad "still shown: $(screen)"
expect_nothing_left "$s"

case_ "so is a bottle that is being stopped"
needs_ native "the wait there is the owner's teardown"
command -v tmux >/dev/null || skip_ "tmux"
site_ ''
up_ "$s" root || bad "no bottle"
off || pid=$(pgrep -f -- "--name $s " | head -n 1)
off || kill -STOP "$pid" # it does not answer, and so is waited for
off || t respawn-pane -k -t b "'$BOTTLE' stop '$s'; echo status=\$?; exec sleep 600"
wait_for 15 shows "^bottle: stopping $s .* s\$" || bad "not shown: $(screen)"
off || kill -CONT "$pid"
wait_for 15 shows '^status=0' || bad "no end: $(screen)"
expect_nothing_left "$s"

command -v tmux >/dev/null && t kill-server 2>/dev/null
done_
