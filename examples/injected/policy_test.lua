local test <const> = require "bottle.test"
local try <const> = require "bottle.try"

local at <const> = "examples/injected/"
local site <const> = try.new(at .. "policy.lua", at .. "bottle.json")

test.case("the agent holds a placeholder, the gate knows where the token goes", function(t)
  for _, v in ipairs(site.plan.env) do
    if v.name == "GITHUB_TOKEN" then t.eq(v.source, "placeholder") end
  end
  t.eq(site.secrets.env.GITHUB_TOKEN, nil)
  local routes = site:config().gate.routes
  t.eq(routes[1].auth.credential, "GITHUB_TOKEN")
  t.eq(routes[2].auth.scheme, "basic")
end)

test.case("the one repository is open, and nothing beside it", function(t)
  t.eq(site:verdict "https://api.github.com/repos/acme/app/issues", "allow")
  t.eq(site:verdict "https://github.com/acme/app.git/info/refs", "allow")
  t.eq(site:verdict "https://api.github.com/repos/acme/application", "deny")
  t.eq(site:verdict "https://api.github.com/gists", "deny")
  t.eq(site:verdict "http://api.github.com/repos/acme/app", "deny")
  t.eq(site:tls "api.github.com", "intercept")
end)

test.case("a bottle that would hold a token does not start", function(t)
  t.raises("GH_TOKEN: give it to a route", try.new, at .. "policy.lua",
    "tests/lua/fixture/token.json")
end)
