# A site's policy changes plan and run without a recompile.
. "${0%/*}/lib.sh"

s=$(slug_ site)

case_ "a rule adds a host, another takes one away, and the run follows both"
site_ 'policy.rule("allowlist", { id = "it/add", run = function() return { "added.wild.test" } end })
policy.rule("allowlist", { id = "it/remove", after = "*", run = function(_, hosts) hosts:remove "m.good.test" end })'
run_ "$site_run" "$s" root -- sh -c 'curl -sS https://api.good.test/; curl -sS -o /dev/null -w "%{http_connect}\n" https://m.good.test/'
expect_out "hello from api.good.test"
expect_out 403

case_ "a provisioning step in between runs in its place and reaches the box"
site_ 'policy.rule("provision", { id = "it/dotfiles", after = "prompt", before = "ssh", run = function(box)
  box:copy_in({ data = "set it\n" }, "~/.config/it/rc", { mode = 384 })
  assert(box:exists("~/.config/it/rc") and box:read("~/.config/it/rc") == "set it\n")
  local out = box:exec("id -un; stat -c %a:%U ~/.config/it/rc")
  io.stderr:write("step: ", (out:gsub("\n", " ")), "\n")
end })'
run_ "$site_run" "$s" user --cwd none -- sh -c 'cat ~/.config/it/rc'
expect_status 0
expect_out "set it"
expect_err "step: $user_name 600:$user_name"

case_ "a rule of another site replaces a shipped one"
site_ 'policy.rule("command", { id = "agent", replace = true, run = function() return { "sh", "-c", "exit 42" } end })'
run_ "$site_run" "$s" root
[ "$status" -eq 42 ] || run_ "$BOTTLE" check "$site/policy.lua" root -m "$site/bottle.json"
expect_status 42

case_ "the environment of the manifest and of the trust rules is there"
site_ ''
off || manifest_ '{"env":{"PLAIN":"value","IT_TOKEN":{"from_env":"IT_SECRET"}}}'
IT_SECRET=s3cr3t-value
export IT_SECRET
run_ "$site_run" "$s" root -- sh -c 'echo "$PLAIN $IT_TOKEN"; echo "$NODE_EXTRA_CA_CERTS $SSL_CERT_FILE $HTTPS_PROXY"'
expect_out "value s3cr3t-value"
expect_out "$ca_file /etc/ssl/certs/ca-certificates.crt http://bottle-gate:8888"
refuse_err s3cr3t-value

case_ "the prompt, ssh keys and git identity are provisioned as the agent's user"
site_ ''
if ! off; then
	ssh-keygen -q -t ed25519 -N '' -f "$site/id_it"
	manifest_ "$(jq -n --arg k "$site/id_it" '{ssh:[{Host:"gitea",HostName:"git.good.test",User:"git",Port:22,IdentityFile:$k}]}')"
	jq '.agents.user.prompt = "You are a test."' "$site/bottle.json" >"$site/b" && mv "$site/b" "$site/bottle.json"
fi
run_ "$site_run" "$s" user --cwd none -- sh -c 'ls -lnR ~/.ssh; cat ~/.ssh/config; grep -r "You are a test" ~ /run /tmp 2>/dev/null | head -1'
expect_status 0
expect_out "-rw-------"
expect_out "Host gitea"
expect_out "You are a test."
case_ "a request rule refuses a POST to /gists, and the agent reads why"
site_ 'policy.rule("request", { id = "acme/no-gists", run = function(req)
  if req.host == "api.good.test" and req.method == "POST" and req.path:sub(1, 6) == "/gists" then return "block", "no gists" end
end })'
run_ "$site_run" "$s" root --cwd none -- sh -c 'curl -sS -i -d x https://api.good.test/gists; curl -sS https://api.good.test/; curl -sS -d x https://m.good.test/gists -o /dev/null -w "other %{http_code}\n"'
expect_status 0
expect "the header says why, in HTTP/2's lower case or not" grep -qiF "X-Bottle-Reason: request; acme/no-gists" "$out"
expect_out "blocked: no gists"
expect_out "hello from api.good.test"
expect_out "other 200"

case_ "a policy file with request rules that the gate cannot load starts nothing"
site_ 'local home = os.getenv "HOME"
policy.rule("request", { id = "it/home", run = function() return home and "allow" end })'
run_ "$site_run" "$s" root --cwd none -- true
[ "$status" -ne 0 ] || expect_status 125
expect_err "policy.lua:"
done_
