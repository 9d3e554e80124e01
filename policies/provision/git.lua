--- git: commits carry the operator's name; a folder that belongs to another user is no obstacle.
--- With --cwd copy the copy's .git came along with the project.
local policy <const> = require "policy"

-- A value in a git configuration file, in quotes.
local function quoted(s)
  return '"' .. s:gsub('[\\"]', "\\%0"):gsub("\n", "\\n"):gsub("%c", "") .. '"'
end

policy.rule("provision", { id = "git", run = function(box, plan, run)
  local lines = {}
  local who <const> = run.git_identity or {}
  if who.name or who.email then
    lines[#lines + 1] = "[user]"
    if who.name then lines[#lines + 1] = "\tname = " .. quoted(who.name) end
    if who.email then lines[#lines + 1] = "\temail = " .. quoted(who.email) end
  end
  if #plan.mounts > 0 then
    lines[#lines + 1] = "[safe]"
    for _, mount in ipairs(plan.mounts) do
      lines[#lines + 1] = "\tdirectory = " .. quoted(mount.target)
    end
  end
  if #lines == 0 then return end
  local old <const> = box:read "~/.gitconfig" or ""
  box:copy_in({ data = old .. table.concat(lines, "\n") .. "\n" }, "~/.gitconfig", { mode = 420 })
end })
