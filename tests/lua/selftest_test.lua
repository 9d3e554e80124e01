local selftest <const> = require "bottle.selftest"
local test <const> = require "bottle.test"

test.case("a refused certificate is told from an answer and from no connection at all", function(t)
  t.eq(selftest.verdict(0, ""), "trusts")
  t.eq(selftest.verdict(60, "curl: (60) SSL certificate problem: unable to get local issuer"),
    "does not trust")
  t.eq(selftest.verdict(1, "SELF_SIGNED_CERT_IN_CHAIN"), "does not trust")
  t.eq(selftest.verdict(128, "fatal: repository 'https://h/' not found"), "trusts")
  t.eq(selftest.verdict(6, "curl: (6) Could not resolve host: h"), "not tested")
end)

test.case("the host to ask is an exact one whose TLS is opened", function(t)
  local plan = { egress = { tls_interception = { passthrough_domains = { { host = "a.example" } } },
    allowlist = { { host = "*.w.example" }, { host = "a.example" }, { host = "b.example:8443" },
      { host = "c.example" } } } }
  t.eq(selftest.host(plan), "c.example")
  plan.egress.routes = { { host = "c.example" } }
  t.eq(selftest.host(plan), nil)
  plan.egress.allowlist = {}
  t.eq(selftest.host(plan), nil)
end)
