--- The plan as people read it before they say y: short, in the order of what matters.
local M = {}

local BOLD <const>, DIM <const>, OFF <const> = "\27[1m", "\27[2m", "\27[0m"

-- What came from a manifest must not move the cursor of the one who reads it.
local function clean(s) return (tostring(s):gsub("[%c\127]", "?"):gsub("\xc2[\x80-\x9f]", "?")) end

local function words(command)
  local out = {}
  for i, word in ipairs(command) do
    out[i] = word:find "^[%w@%%_+=:,./-]+$" and word or "'" .. word:gsub("'", "'\\''") .. "'"
  end
  return table.concat(out, " ")
end

local function join(list, field, none)
  local out = {}
  for i, item in ipairs(list) do out[i] = field and item[field] or item end
  return #out > 0 and table.concat(out, ", ") or none or "none"
end

local function env_line(plan)
  local own, trust = {}, 0
  for _, v in ipairs(plan.env) do
    if v.source:sub(1, 6) == "trust " then
      trust = trust + 1
    else
      own[#own + 1] = v.source == "placeholder" and v.name .. " (placeholder)" or v.name
    end
  end
  local text = #own > 0 and table.concat(own, ", ") or "none"
  return trust > 0 and ("%s (+%d for proxy and trust)"):format(text, trust) or text
end

local function first_line(text)
  local line = text:match "^%s*([^\n]*)" or ""
  -- Cut between characters, not inside one.
  if #line > 72 then line = line:sub(1, utf8.offset(line, 0, 70) - 1) .. "…" end
  return line
end

local function prompt_line(plan, prompt)
  if not plan.prompt then return "none" end
  return ("%s (%d bytes)"):format(first_line(prompt or ""), plan.prompt.bytes)
end

local function ssh_line(plan)
  local out = {}
  for i, e in ipairs(plan.ssh) do
    out[i] = ("%s (%s@%s:%d)"):format(e.host, e.user, e.hostname, e.port)
  end
  return #out > 0 and table.concat(out, ", ") or "none"
end

local function git_line(plan)
  local out = {}
  for i, e in ipairs(plan.git) do out[i] = ("%s (%s)"):format(e.name, e.url) end
  return #out > 0 and table.concat(out, ", ") or "none"
end

local function route_lines(plan, add)
  local routes <const> = plan.egress.routes
  if #routes == 0 then return add("routes", "none") end
  local text <const> = require "bottle.routes".text
  for _, r in ipairs(routes) do add("routes", text(r)) end
end

local function mount_lines(plan, add)
  for _, m in ipairs(plan.mounts) do
    local how = m.type == "copy" and "copy" or m.read_only and "read-only" or "read-write"
    local where = m.source == m.target and m.target or m.source .. " at " .. m.target
    add("mount", ("%s (%s)"):format(where, how))
    if m.guard and #m.guard > 0 then add("read-only in it", join(m.guard)) end
  end
end

-- rlimits hold for each process, and the number of processes not for root; a cgroup's for all.
local function amounts(h, out)
  local each = h.limits == "rlimit"
  if h.memory then out[#out + 1] = "memory " .. h.memory .. (each and " a process" or "") end
  if h.cpus then out[#out + 1] = ("%g cpus"):format(h.cpus) end
  if h.pids then out[#out + 1] = h.pids .. " processes" .. (each and " (not for root)" or "") end
  if each then out[#out + 1] = "cpus not limited" end
  if h.limits == "cgroup" then out[#out + 1] = "all of it together (cgroup, a systemd scope)" end
end

local function limits(h)
  local out = { "capabilities: " .. ((h.cap_add and #h.cap_add > 0) and join(h.cap_add) or "none") }
  if h.no_new_privileges then out[#out + 1] = "no new privileges" end
  if h.read_only then out[#out + 1] = "read-only root" end
  amounts(h, out)
  return table.concat(out, ", ")
end

local function egress_lines(plan, add)
  local e <const> = plan.egress
  add("egress", e.summary)
  if #e.denylist > 0 then add("denied", join(e.denylist, "host")) end
  add("dlp", e.dlp_action .. (e.seed_phrase_detection and "" or " (seed phrases not looked for)"))
  if #e.known_secrets > 0 then add("watched for", join(e.known_secrets, "name")) end
  for _, own in ipairs(e.own_credentials) do
    add("own credential", own.name .. " to " .. join(own.hosts))
  end
  add("tls intercept", plan.engine .. " (per-bottle ephemeral CA, generated at launch)")
  add("tls passthrough", join(e.tls_interception.passthrough_domains))
  route_lines(plan, add)
  if #e.resolve > 0 then add("resolve", join(e.resolve, "name")) end
  if #e.roots > 0 then add("extra roots", join(e.roots)) end
  if #e.ssrf > 0 then add("internal nets", join(e.ssrf)) end
  if e.parent_proxy then
    add("parent proxy", e.parent_proxy)
  end
end

--- The text of a plan, ending in a newline.
---@param plan table
---@param options? { color?: boolean, prompt?: string }
---@return string
function M.text(plan, options)
  options = options or {}
  local out = {}
  local function add(label, text)
    local shown = ("%-16s"):format(label .. ":")
    if options.color then shown = DIM .. shown .. OFF end
    out[#out + 1] = shown .. " " .. clean(text)
  end
  local head = clean(("%s in bottle %s, as %s"):format(plan.agent, plan.bottle, plan.slug))
  out[1] = options.color and BOLD .. head .. OFF or head
  add("policy", ("%s (%d rules, sha256 %s…)"):format(plan.policy.path, #plan.policy.rules,
    plan.policy.sha256:sub(1, 12)))
  add("backend", ("%s (%s)"):format(plan.backend, plan.backend_reason))
  add("image", plan.backend == "native" and "none (this host's programs, read-only)" or plan.image)
  add("command", words(plan.command))
  add("env", env_line(plan))
  add("skills", join(plan.skills, "name"))
  add("prompt", prompt_line(plan, options.prompt))
  add("ssh", ssh_line(plan))
  add("git", git_line(plan))
  mount_lines(plan, add)
  egress_lines(plan, add)
  add("provision", table.concat(plan.provision, " → "))
  add("agent limits", limits(plan.hardening.agent or {}))
  add("gate limits", plan.hardening.gate and limits(plan.hardening.gate) or
    "none (a process of this user)")
  return table.concat(out, "\n") .. "\n"
end

return M
