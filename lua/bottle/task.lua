--- Calls of an engine at the same time, written as straight-line functions: inside task.all a call
--- gives way to the other jobs until its answer is there; outside it simply waits.
local M = {}

local inside <const> = setmetatable({}, { __mode = "k" }) -- the coroutines that all() runs
local TICK_MS <const> = 100

local function scheduled()
  local co, main = coroutine.running()
  return not main and inside[co]
end

--- Milliseconds of a clock that is good for deadlines of seconds.
---@return integer
function M.now() return os.time() * 1000 end

--- One call, by the name of the engine's method.
---@param engine bottle.Engine
---@param op string
---@param spec? table
---@return any? result
---@return string? message
---@return string? code
function M.call(engine, op, spec)
  local pending, msg, code = engine:begin(op, spec)
  if not pending then return nil, msg, code end
  if scheduled() then
    while not pending:done() do
      if coroutine.yield(engine) then break end -- a stop: wait() says so
    end
  end
  return pending:wait()
end

--- Several, one after the other; stops at the first that fails, with what in front of its message.
---@param engine bottle.Engine
---@param what string
---@param ... { [1]: string, [2]: table }
---@return boolean? ok
---@return string? message
---@return string? code
function M.calls(engine, what, ...)
  for _, step in ipairs { ... } do
    local ok, msg, code = M.call(engine, step[1], step[2])
    if ok == nil then return nil, ("%s: %s"):format(what, msg), code end
  end
  return true
end

--- The next line of a stream; as Pending:read.
---@param engine bottle.Engine
---@param stream bottle.Pending
---@param ms integer
---@return string? line
---@return string? stream_or_message
---@return string? code
function M.read(engine, stream, ms)
  if not scheduled() then return stream:read(ms) end
  local deadline = M.now() + ms
  while true do
    local line, from, code = stream:read(0)
    if line or code ~= "timeout" or M.now() > deadline then return line, from, code end
    if coroutine.yield(engine) then return stream:read(ms) end
  end
end

local function step(job, stop)
  local got = table.pack(coroutine.resume(job.co, stop))
  if not got[1] then
    job.done, job.raised = true, got[2]
  elseif coroutine.status(job.co) == "dead" then
    job.done, job.result = true, table.pack(table.unpack(got, 2, got.n))
  else
    job.engine = got[2]
  end
end

-- One round; the engine of a job that still waits, nil when all are done.
local function round(jobs, stop)
  local waiting
  for _, job in ipairs(jobs) do
    if not job.done then step(job, stop) end
    if not job.done then waiting = job.engine end
  end
  return waiting
end

local function outcome(jobs)
  for _, job in ipairs(jobs) do
    if job.raised ~= nil then error(job.raised, 0) end
  end
  for _, job in ipairs(jobs) do
    if job.result[1] == nil and job.result.n > 1 then
      return nil, job.result[2], job.result[3]
    end
  end
  return true
end

--- Run all functions at the same time, to their ends. One that fails (nil, message, code) does not
--- stop the others: what they make must be known before it is taken back. The first failure in
--- the order of the list is returned; an error raised by one is raised here.
---@param fns (fun(): any?, string?, string?)[]
---@return boolean? ok
---@return string? message
---@return string? code
function M.all(fns)
  local jobs = {}
  for i, fn in ipairs(fns) do
    local co = coroutine.create(fn)
    inside[co] = true
    jobs[i] = { co = co }
  end
  local stop = false
  while true do
    local engine = round(jobs, stop)
    if not engine then return outcome(jobs) end
    -- Inside another all(), its jobs go on as well: the outermost one polls.
    if scheduled() then
      stop = coroutine.yield(engine) and true or false
    else
      stop = engine:poll(TICK_MS) == nil
    end
  end
end

return M
