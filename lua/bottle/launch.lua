--- One bottle on a Docker Engine, from the plan to nothing left: ledger, networks, CA, gate and
--- agent, provisioning, the agent in the foreground, teardown on every way out.
local agent <const> = require "bottle.docker.agent"
local attach <const> = require "bottle.docker.attach"
local ca <const> = require "bottle.ca"
local docker <const> = require "bottle.docker"
local fs <const> = require "bottle.fs"
local gate <const> = require "bottle.docker.gate"
local network <const> = require "bottle.docker.network"
local pipelock <const> = require "bottle.docker.pipelock"
local problem <const> = require "bottle.problem"
local sig <const> = require "bottle.sig"
local state <const> = require "bottle.docker.state"
local task <const> = require "bottle.task"
local workcopy <const> = require "bottle.docker.workcopy"

local M = {}

local FAILED <const> = 125
local guards <const> = { gate = gate, pipelock = pipelock }

-- A bad world becomes the failure of the run. One that a signal caused says so by its status.
local function check(ok, msg, code)
  if ok ~= nil then return ok end
  return problem.raise(msg, code == "interrupted" and 128 + (sig.noted() or 2) or FAILED)
end

-- Everything that can be found missing is found before anything is made.
local function images(run)
  check(run:all("waiting for images", {
    function()
      local image, msg, code = agent.image(run)
      run.image = image
      return image, msg, code
    end,
    function() return run.guard.image(run) end,
    function()
      local info, msg, code = task.call(run.engine, "info")
      run.cpus = info and info.NCPU
      return info, msg, code
    end,
  }))
end

local function make_ca(run)
  local made, msg, code = ca.open(run.scratch:path(), { slug = run.slug })
  run.ca = made
  return made, msg, code
end

local function make_network(run, role)
  local at, msg, code = network.create(run, role)
  run.at[role] = at
  return at, msg, code
end

-- create, then start, as one straight line beside the other container's.
local function bring_up(run, part)
  local ok, msg, code = part.create(run)
  if ok == nil then return nil, msg, code end
  return part.start(run)
end

local function build(run)
  check(run:all("making the networks", {
    function() return make_network(run, "net") end,
    function() return make_network(run, "out") end,
    function() return make_ca(run) end,
  }))
  io.stderr:write("bottle: mitm ca fingerprint: sha256:", run.ca:fingerprint(), "\n")
  check(run:all("starting the gate and the box", {
    function() return bring_up(run, run.guard) end,
    function() return bring_up(run, agent) end,
  }))
  -- The gate has it now, and nobody else has a use for it: not even a crash leaves it behind.
  local _, key = run.ca:paths()
  check(fs.remove(key))
end

-- Without a gate there is nothing left for it to do.
local function without_gate(run)
  local now = task.call(run.engine, "container_inspect", { id = run.names.gate })
  if now and now.State.Running then return end
  problem.raise "the gate ended: nothing can leave the bottle, and so it was stopped"
end

local function foreground(run)
  local status, msg, code = attach.run(run.engine, run.names.agent, run.plan.command,
    { with = run.hold_of[run.names.gate] })
  if code == "interrupted" then check(status, msg, code) end
  workcopy.offer(run)
  if not status then without_gate(run) end
  return check(status, msg, code)
end

-- The box becomes the command, and nobody waits for it.
local function background(run)
  check(run:let_go())
  io.stdout:write(run.slug, "\n")
  return 0
end

local function provision(run)
  local _ <close> = run:showing "preparing the box"
  run.ctx.provision(run.box, run.plan)
end

local function life(run)
  build(run)
  provision(run)
  if run.ctx.verbose then
    local selftest <const> = require "bottle.selftest"
    selftest.run(run.box, selftest.host(run.plan), function(line)
      io.stderr:write("bottle: ", line, "\n")
    end)
  end
  if run.ctx.detach then return background(run) end
  return foreground(run)
end

local function traced(err)
  if type(err) == "table" then return err end
  return { message = tostring(err), status = FAILED, traceback = debug.traceback(nil, 2) }
end

-- However life ended: signals are noted and interrupt nothing until all is taken back.
local function finish(run, ok)
  if ok and run.ctx.detach then
    run:leave()
    return
  end
  sig.hold(true)
  run:teardown()
  sig.hold(false)
end

--- Run it to its end.
---@param plan table
---@param ctx bottle.LaunchCtx
---@return integer status   the agent's
function M.run(plan, ctx)
  check(sig.install())
  local engine <close> = check(docker.connect(ctx.connect))
  local run = state.new(plan, ctx, engine)
  run.guard = guards[plan.engine]
  images(run)
  check(run:open())
  local ok, result = xpcall(life, traced, run)
  finish(run, ok)
  if not ok then error(result, 0) end
  return result
end

return M
