local test <const> = require "bottle.test"
local image <const> = require "bottle.image"

test.case("the image holds the binary, roots, a user and its own folder", function(t)
  local seen = {}
  for _, entry in ipairs(assert(image.entries())) do seen[entry.path] = entry end
  t.eq(seen.bottle.mode, 493)
  t.has(seen["etc/passwd"].data, ":65532:65532:")
  t.eq(seen["run/bottle"].uid, image.user)
  t.has(seen["bottle-gate.so"].file, "/bottle-gate.so") -- beside /bottle: there it looks
  t.eq(seen["etc/ssl/certs/ca-certificates.crt"].mtime, 0)
end)

test.case("the key stays while no input changes, and changes with one", function(t)
  local entries = assert(image.entries())
  local key = image.key(entries)
  t.eq(image.key(assert(image.entries())), key)
  entries[#entries + 1] = { path = "more", data = "x" }
  t.eq(image.key(entries) ~= key, true)
end)
