--- Variables whose names say that they are secrets, wherever their values stand.
local policy <const> = require "policy"

local words <const> = {
  "API_KEY", "APIKEY", "ACCESS_KEY", "CREDENTIAL", "CREDENTIALS", "ENCRYPTION_KEY", "PASSPHRASE",
  "PASSWD", "PASSWORD", "PRIVATE_KEY", "SECRET", "SECRETS", "SECRET_KEY", "SIGNING_KEY", "TOKEN",
}

local function says_so(name)
  local text = "_" .. name:upper() .. "_"
  for _, word in ipairs(words) do
    if text:find("_" .. word .. "_", 1, true) then return true end
  end
  return false
end

policy.rule("known_secrets", { id = "named", run = function(_, names, variables)
  for _, v in ipairs(variables) do
    if says_so(v.name) then names:add(v.name) end
  end
end })
