--- Browsers (Chromium and its kin) and other clients of NSS read no PEM file, but a database in
--- the home. Where the operator has one, and certutil (Debian: libnss3-tools), the agent's home
--- gets one with the bottle's CA in it; certutil makes it inside, while the gate comes up.
local fs <const> = require "bottle.fs"
local paths <const> = require "bottle.paths"
local proc <const> = require "bottle.proc"
local tools <const> = require "bottle.native.tools"

local M = {}

local DATABASE <const> = ".pki/nssdb"
local PATIENCE_MS <const> = 10000

-- $1: the folder, $2: the CA. "C": who it signs may be a server, and nothing else.
local SCRIPT <const> = [[umask 077
mkdir -p "$1" && exec "$3" -A -d "sql:$1" -n "bottle" -t C,, -i "$2"]]

-- A database of the operator's own that a mount shows is not written to.
local function mounted(plan, folder)
  for _, m in ipairs(plan.mounts) do
    if paths.below(folder, m.target) or paths.below(m.target, folder:match "^(.*)/") then
      return true
    end
  end
  return false
end

local function wanted(run, folder)
  if not fs.exists(paths.home() .. "/" .. DATABASE) or mounted(run.plan, folder) then return nil end
  local program = proc.which "certutil"
  return program and tools.of_system(program) and program or nil
end

--- Begin where it is wanted.
---@param run table  plan, cell, user, facts
---@param env string[]
---@return integer? id  of the command, for finish
function M.begin(run, env)
  local folder <const> = run.user.home .. "/" .. DATABASE
  local program <const> = wanted(run, folder)
  if not program then return nil end
  return (run.cell:spawn { argv = { "/bin/sh", "-c", SCRIPT, "nss", folder, run.facts.ca_file,
    program }, env = env, cwd = run.user.home, quiet = true })
end

--- Wait for it; says so where it did not succeed, for the agent is no worse off than without.
---@param run table
---@param id? integer
function M.finish(run, id)
  if not id then return end
  local code, msg = run.cell:wait(id, PATIENCE_MS)
  if code ~= 0 then
    io.stderr:write("bottle: warning: no NSS database in the bottle: certutil ",
      code and ("ended with %d"):format(code) or msg, "\n")
  end
end

return M
