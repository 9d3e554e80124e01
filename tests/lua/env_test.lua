local env <const> = require "bottle.env"
local test <const> = require "bottle.test"

test.case("templates are filled from the facts", function(t)
  t.same(env.expand({ A = "-Dh={proxy_host} {x}" }, { proxy_host = "g", x = "1" }),
    { A = "-Dh=g 1" })
end)

test.case("a fact that is not known is an error, not an empty value", function(t)
  t.raises("A: nothing is known as {proxi}", env.expand, { A = "{proxi}" }, env.facts)
end)
