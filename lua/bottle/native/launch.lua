--- One bottle without a daemon and without an image, from the plan to nothing left. Nothing made
--- here has a name outside this process: no ledger is needed, whatever ends it takes all along.
local ahead <const> = require "bottle.native.ahead"
local bwrap <const> = require "bottle.bwrap"
local cells <const> = require "bottle.cell"
local conf <const> = require "bottle.native.gate_conf"
local box <const> = require "bottle.native.box"
local copies <const> = require "bottle.native.copies"
local env <const> = require "bottle.env"
local folders <const> = require "bottle.folders"
local fs <const> = require "bottle.fs"
local gatechild <const> = require "bottle.gatechild"
local java <const> = require "bottle.java"
local json <const> = require "bottle.json"
local nss <const> = require "bottle.native.nss"
local problem <const> = require "bottle.problem"
local self <const> = require "bottle.self"
local selftest <const> = require "bottle.selftest"
local sig <const> = require "bottle.sig"
local tools <const> = require "bottle.native.tools"
local view <const> = require "bottle.native.view"
local yaml <const> = require "bottle.yaml"

local M = {}

local FAILED <const> = 125
local UP_MS <const>, READY_MS <const>, GRACE_MS <const> = 10000, 15000, 2000

local function check(ok, msg, code)
  if ok ~= nil then return ok end
  return problem.raise(msg, code == "interrupted" and 128 + (sig.noted() or 2) or FAILED)
end

-- What a command ends with that cannot be run, as docker run has it.
local exit_of <const> = { notfound = 127, denied = 126 }

local function variables(run)
  local values = {}
  values.PATH = tools.path(run.plan.command[1])
  values.HOME, values.USER, values.LOGNAME = run.user.home, run.user.name, run.user.name
  values.LANG = os.getenv "LANG" or "C.UTF-8"
  values.SHELL = "/bin/sh"
  for name, value in pairs(run.ctx.env or {}) do values[name] = value end
  if run.java then values.JAVA_TOOL_OPTIONS = java.options(values.JAVA_TOOL_OPTIONS) end
  local list = {}
  for name, value in pairs(values) do list[#list + 1] = name .. "=" .. value end
  table.sort(list)
  return list
end

-- Who signs for the bottle: the gate that was prepared, so that the key is nowhere else; or, where
-- none was, this process, which hands it on: only then is there an OpenSSL in it.
local function authority(run)
  if run.asked then
    local pem, fingerprint, hash = gatechild.answer()
    check(pem, fingerprint, hash)
    return { pem = pem, fingerprint = fingerprint, subject_hash = hash, files = {} }
  end
  run.own_ca = check(require "bottle.ca".memory(run.plan.slug))
  return { pem = run.own_ca:pem(), fingerprint = run.own_ca:fingerprint(),
    subject_hash = run.own_ca:subject_hash(), files = { run.own_ca:paths() } }
end

local function start_gate(run)
  local known <const> = run.ctx.known
  local config, handed = conf.build(run.ctx.config, run.plan.slug, run.ctx.roots,
    #run.ctx.rules, known)
  local texts = { check(yaml.encode(config)), run.ctx.roots }
  for _, file in ipairs(run.ctx.rules) do texts[#texts + 1] = file.text end
  local argv = { check(self.path()), "gate", "--config", "/proc/self/fd/" .. conf.first }
  if known then
    texts[#texts + 1] = known
    table.move({ "--known", tostring(handed) }, 1, 2, #argv + 1, argv)
  end
  return check(gatechild.open(argv, texts, run.ca.files))
end

local units <const> = { [""] = 1, k = 1 << 10, m = 1 << 20, g = 1 << 30 }

local function bytes(text)
  local n, unit = tostring(text or 0):lower():match "^(%d+)([kmg]?)b?$"
  return n and tonumber(n) * units[unit] or 0
end

-- The last component may hold a *: what it matches now.
local function expand(root, list)
  local out = {}
  for _, path in ipairs(list) do
    local dir, pattern = path:match "^(.-)([^/]*%*[^/]*)$"
    if not pattern then
      out[#out + 1] = path
    else
      local like = "^" .. pattern:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0"):gsub("%*", ".*") .. "$"
      for _, name in ipairs(fs.list(root .. "/" .. dir) or {}) do
        if name:match(like) then out[#out + 1] = dir .. name end
      end
    end
  end
  return out
end

-- Looked for when ours are there: one on an Engine that comes in this moment sees them.
local function alone(folder)
  local slug = folders.on_engine(folder)
  if not slug then return end
  problem.raise(("%s: the bottle %s on an Engine guards files in it: end that one first " ..
    "(bottle stop; bottle cleanup where it is dead), or use --cwd copy"):format(folder, slug))
end

local function guard_all(run)
  for _, mount in ipairs(run.plan.mounts) do
    if mount.guard and #mount.guard > 0 and not mount.read_only then
      local guard = check(bwrap.guard(mount.source, expand(mount.source, mount.guard)))
      run.guards[mount], run.guard = guard, guard
      alone(mount.source)
    end
  end
end

-- The words before bubblewrap's, or the limits of each process.
local function limits_of(plan)
  local limits = plan.hardening and plan.hardening.agent or {}
  local memory = bytes(limits.memory)
  if limits.limits ~= "cgroup" then return nil, memory, limits.pids end
  local scope = require "bottle.native.scope"
  local found = scope.find() or problem.raise "the systemd that was to limit the bottle is gone"
  return scope.words(found, plan.slug, { memory = memory > 0 and memory or nil, pids = limits.pids,
    cpus = limits.cpus }), 0, 0
end

-- bubblewrap works beside us from here on, or has done so since the command line was read.
local function start_cell(run)
  local before, memory, pids = limits_of(run.plan)
  local begun = ahead.take(run.plan.mounts, before, run.ctx.cwd)
  run.cell, run.user, run.java = begun.cell, begun.user, begun.java
  run.limits = { memory = memory, pids = pids }
end

-- What was put in the place of a mount's source after the plan was shown is not what was agreed to.
local function verify(run)
  for i, mount in ipairs(run.plan.mounts) do
    local meant = run.ctx.sources[i]
    local ok, dev, ino = run.cell:look(mount.target)
    check(ok, dev, ino)
    if mount.type ~= "copy" and (dev ~= meant.dev or ino ~= meant.ino) then
      problem.raise(("%s: something else was put in its place"):format(mount.source))
    end
  end
end

local function workdir(run)
  for _, mount in ipairs(run.plan.mounts) do
    if mount.source == run.ctx.cwd then return mount.target end
  end
  return run.user.home
end

local function info(run)
  return json.encode { slug = run.plan.slug, agent = run.plan.agent, engine = run.plan.engine,
    cwd = run.ctx.cwd, started = os.time(), detached = run.ctx.detach or false,
    probe = selftest.host(run.plan) }
end

local function stop(run, id)
  sig.hold(true)
  run.cell:signal(id, 15)
  run.cell:wait(id, GRACE_MS)
  sig.hold(false)
end

-- Serve it to its end. What stays a while gives back what the launch took; the agent is at work
-- meanwhile.
local function keep(run, id, tty)
  local stays = tty or run.ctx.detach or false
  if stays then collectgarbage() end
  return run.cell:keep { agent = id, gate = run.gate, info = info(run), trim = stays }
end

-- What it changed in a copy is offered, however it ended.
local function offer(run)
  sig.hold(true)
  copies.offer(run)
  sig.hold(false)
end

local function ended(run, id, how, status, why)
  if how ~= "exit" then stop(run, id) end
  offer(run)
  if how == "exit" then return status end
  if how == "stopped" then return 143 end
  if how == "gate" then
    problem.raise "the gate ended: nothing can leave the bottle, and so it was stopped"
  end
  if why == "interrupted" then return 128 + (sig.noted() or 2) end
  return problem.raise(status)
end

local function agent(run, vars)
  local tty = cells.terminal() and not run.ctx.detach
  if tty then vars = table.move(vars, 1, #vars, 2, { "TERM=" .. (os.getenv "TERM" or "xterm") }) end
  local id, msg, code = run.cell:spawn { argv = run.plan.command, env = vars, cwd = workdir(run),
    tty = tty, agent = true }
  if not id then problem.raise(msg, exit_of[code] or FAILED) end
  if run.leave then bwrap.detached(run.leave, 0, run.plan.slug .. "\n") end
  run.leave = nil
  return ended(run, id, keep(run, id, tty))
end

local function life(run)
  local late = view.late(run)
  check(run.cell:ready(UP_MS))
  run.limits.guard = run.guard
  check(run.cell:limit(run.limits))
  copies.fill(run)
  check(run.cell:settle(late, run.gate))
  verify(run)
  local vars = variables(run)
  local inside_it = box.new(run.cell, run.user, vars, workdir(run))
  run.ctx.provision(inside_it, run.plan)
  local database = nss.begin(run, vars)
  local up, why, code = run.gate:ready(READY_MS)
  check(up, why and conf.named(why, run.ctx.roots, run.ctx.rules), code)
  nss.finish(run, database)
  if run.ctx.verbose then
    selftest.run(inside_it, selftest.host(run.plan), function(line)
      io.stderr:write("bottle: ", line, "\n")
    end)
  end
  check(run.cell:name(run.plan.slug))
  return agent(run, vars)
end

-- All are told, then each is waited for: the guards see for themselves that the sandbox is gone.
-- The name last: who waits for it to go (bottle stop) finds nothing left.
local function finish(run)
  if run.cell then run.cell:let_go() end
  if run.gate then run.gate:stop() end
  for _, guard in pairs(run.guards) do guard:close() end
  if run.cell then run.cell:finish() end
  if run.gate then run.gate:close() end
  if run.own_ca then run.own_ca:close() end
  if run.cell then run.cell:close() end
end

local function build(plan, ctx, leave)
  local run <close> = setmetatable({ plan = plan, ctx = ctx, guards = {}, leave = leave,
    facts = env.native }, { __close = finish })
  run.asked = gatechild.ask(plan.slug)
  start_cell(run)
  guard_all(run)
  run.ca = authority(run)
  run.gate = start_gate(run)
  io.stderr:write("bottle: mitm ca fingerprint: sha256:", run.ca.fingerprint, "\n")
  return life(run)
end

-- The process that keeps a detached bottle has nobody to raise to but the one that waits for it.
local function detached(plan, ctx)
  local leave = check(bwrap.detach())
  gatechild.plant(check(self.path())) -- where that fails, this process makes the CA
  local ok, result = pcall(build, plan, ctx, leave)
  if ok then return result end
  local text = type(result) == "table" and result.message or tostring(result)
  local status = type(result) == "table" and result.status or FAILED
  bwrap.detached(leave, status, ("bottle: %s\n"):format(text))
  return status
end

--- Run it to its end; with ctx.detach until it is up, in a process that stays behind.
---@param plan table
---@param ctx bottle.LaunchCtx
---@return integer status   the agent's
function M.run(plan, ctx)
  if plan.engine ~= "gate" then
    problem.raise(("backend native has no engine %s: use --backend docker"):format(plan.engine))
  end
  check(sig.install())
  if ctx.detach then return detached(plan, ctx) end
  return build(plan, ctx)
end

return M
