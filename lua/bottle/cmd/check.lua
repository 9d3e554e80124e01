--- bottle check POLICY [AGENT]: everything that is wrong, one line each; nothing is launched.
local manifest <const> = require "bottle.manifest"
local manifest_files <const> = require "bottle.manifest_files"
local policy_load <const> = require "bottle.policy_load"
local prepare <const> = require "bottle.prepare"
local problem <const> = require "bottle.problem"
local schema <const> = require "bottle.schema"

local M = {}

local function try(out, fn, ...)
  local ok, result = pcall(fn, ...)
  if ok then return result end
  out[#out + 1] = { text = problem.text(result) }
  return nil
end

local function check_manifest(out, opts)
  local m = try(out, prepare.manifest, opts.manifest)
  for _, found in ipairs(m and m.problems or {}) do
    out[#out + 1] = { text = schema.text(found), warning = found.warning }
  end
  local note = m and prepare.note(m)
  if note then out[#out + 1] = { text = note, note = true } end
  return m and not manifest.broken(m) and m or nil
end

local function agents(m, named)
  if named then return { named } end
  local out = {}
  for name in pairs(m.doc.agents) do out[#out + 1] = name end
  table.sort(out)
  return out
end

local function check_agent(out, registry, m, name, args)
  local bottle = try(out, function() return manifest.resolve(m, manifest.agent(m, name)) end)
  if not bottle then return end
  local p = { registry = registry, manifest = { problems = {}, path = m.path, folder = m.folder,
    built_in = m.built_in }, bottle = bottle,
    files = manifest_files.look(m, bottle) }
  if registry and try(out, prepare.plan, p, args) then
    try(out, require "bottle.gateconf".build, registry, bottle, p.plan)
  end
  for _, item in ipairs((prepare.problems(p))) do out[#out + 1] = item end
end

local function unique(list)
  local out, seen = {}, {}
  for _, item in ipairs(list) do
    if not seen[item.text] then out[#out + 1] = item end
    seen[item.text] = true
  end
  return out
end

---@param args bottle.Args
---@return bottle.Finding[]
function M.look(args)
  local out = {}
  local registry = try(out, policy_load.load, args.words[1])
  local m = check_manifest(out, args.opts)
  for _, name in ipairs(m and agents(m, args.words[2]) or {}) do
    check_agent(out, registry, m, name, args)
  end
  return unique(out)
end

---@param args bottle.Args
---@return integer status
function M.main(args)
  local errors = 0
  for _, item in ipairs(M.look(args)) do
    io.stderr:write(item.note and "bottle: " or item.warning and "warning: " or "", item.text, "\n")
    if not item.warning and not item.note then errors = errors + 1 end
  end
  return errors == 0 and 0 or 1
end

return M
