local doctor <const> = require "bottle.native.doctor"
local test <const> = require "bottle.test"

local function host(more)
  local h = { root = false, kernel = "6.8.0-31-generic", bwrap = "/usr/bin/bwrap",
    version = "0.9.0", works = true }
  for key, value in pairs(more or {}) do
    if value == "nil" then h[key] = nil else h[key] = value end
  end
  local by = {}
  for _, check in ipairs(doctor.checks(h)) do by[check.name] = check end
  return by
end

test.case("a host that can is told so", function(t)
  for _, check in pairs(host()) do t.eq(check.ok, true) end
end)

test.case("AppArmor's restriction is named, with the profile that lifts it for bwrap", function(t)
  local check = host({ apparmor = "1", works = false, said = "bwrap: setting up uid map" })
    ["user namespaces"]
  t.eq(check.ok, false)
  t.has(check.detail, "AppArmor")
  t.has(check.fix, "profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }")
  t.has(check.fix, "apparmor_parser -r")
end)

test.case("a restriction that bwrap has a profile for is in nobody's way", function(t)
  t.eq(host({ apparmor = "1" })["user namespaces"].ok, true)
end)

test.case("a restriction counts before there is a bwrap to try, and not for root", function(t)
  local none = { apparmor = "1", bwrap = "nil", version = "nil", works = "nil", bwrap_why = "no" }
  t.eq(host(none)["user namespaces"].ok, false)
  t.eq(host(none).bwrap.fix, "apt-get install bubblewrap")
  none.root = true
  t.eq(host(none)["user namespaces"].ok, true)
end)

test.case("what is in the way otherwise is what bwrap says", function(t)
  local check = host({ works = false, said = "bwrap: Creating new namespace failed" })
    ["user namespaces"]
  t.eq(check.detail, "bwrap: Creating new namespace failed")
  t.has(host({ works = false, max_namespaces = "0" })["user namespaces"].fix, "max_user_namesp")
  t.has(host({ works = false, unprivileged = "0" })["user namespaces"].fix, "userns_clone=1")
end)

test.case("an old kernel and an old bwrap are said to be so", function(t)
  t.eq(host({ kernel = "5.10.0-28-amd64" }).kernel.ok, false)
  t.eq(host({ kernel = "5.12.0" }).kernel.ok, true)
  local check = host({ version = "nil", bwrap_why = "it is version 0.4.1, want 0.5.0" }).bwrap
  t.eq(check.ok, false)
  t.has(check.detail, "0.4.1")
end)
