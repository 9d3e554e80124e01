local slug <const> = require "bottle.slug"
local test <const> = require "bottle.test"

test.case("a slug is the agent's name and five random characters", function(t)
  local a, b = slug.of "Reader  of_Docs!", slug.of "Reader  of_Docs!"
  t.eq(a:match "^reader%-of%-docs%-[a-z2-7]+$", a)
  t.eq(#a, #"reader-of-docs-" + 5)
  t.eq(a == b, false)
  t.eq(slug.stem "…", "agent")
end)

test.case("a given name is taken as it is, or refused", function(t)
  t.eq(slug.of("x", "my-run-2"), "my-run-2")
  for _, bad in ipairs { "", "A", "-x", "x-", "a/b", "a b", ("x"):rep(41) } do
    t.raises("%-%-name", slug.of, "x", bad)
  end
end)
