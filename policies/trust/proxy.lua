--- The way out, in every spelling that is in use. {proxy} is filled in at launch.
local policy <const> = require "policy"

policy.rule("trust", { id = "proxy", run = function(_, env)
  for _, name in ipairs { "HTTP_PROXY", "HTTPS_PROXY" } do
    env:set(name, "{proxy}")
    env:set(name:lower(), "{proxy}")
  end
  for _, name in ipairs { "NO_PROXY", "no_proxy" } do env:set(name, "localhost,127.0.0.1,::1") end
  env:set("GRPC_PROXY", "{proxy}")
  env:set("DOCKER_HTTP_PROXY", "{proxy}")
  env:set("DOCKER_HTTPS_PROXY", "{proxy}")
end })
