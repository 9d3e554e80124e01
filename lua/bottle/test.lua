--- A test runner small enough to read: TAP lines, one plain closing line.
local M = { passed = 0, failed = 0 }

-- The collector at full pressure finds what is freed too early.
if os.getenv "BOTTLE_TEST_GC" == "stress" then collectgarbage("incremental", 1, 1000) end

local function show(v)
  return type(v) == "string" and string.format("%q", v) or tostring(v)
end

local t = {}

---@param got any
---@param want any
function t.eq(got, want)
  if got ~= want then error("got " .. show(got) .. ", want " .. show(want), 2) end
end

--- The call must fail the documented way: nil, message, code.
---@param code string
function t.fails(code, a, _, c)
  if a ~= nil then error("got " .. show(a) .. ", want a failure", 2) end
  if c ~= code then error("got code " .. show(c) .. ", want " .. show(code), 2) end
end

--- The call must raise: a programming error, not a bad world.
---@param pattern string
---@param fn function
function t.raises(pattern, fn, ...)
  local ok, err = pcall(fn, ...)
  if ok then error("nothing was raised", 2) end
  if not tostring(err):find(pattern) then error("raised " .. show(err), 2) end
end

--- Two values with the same content; tables are compared member by member.
---@param got any
---@param want any
function t.same(got, want, path)
  path = path or "value"
  if type(got) ~= "table" or type(want) ~= "table" then
    if got ~= want then error(path .. ": got " .. show(got) .. ", want " .. show(want), 2) end
    return
  end
  for k, v in pairs(want) do t.same(got[k], v, path .. "." .. tostring(k)) end
  for k in pairs(got) do
    if want[k] == nil then error(path .. "." .. tostring(k) .. ": unexpected", 2) end
  end
end

--- text must contain what, taken literally.
---@param text string
---@param what string
function t.has(text, what)
  if not tostring(text):find(what, 1, true) then
    error("got " .. show(text) .. ", want it to hold " .. show(what), 2)
  end
end

--- Declare and run one case; a full collection afterwards flushes out lifetime bugs.
---@param name string
---@param fn fun(t: table)
function M.case(name, fn)
  local ok, err = xpcall(fn, debug.traceback, t)
  collectgarbage()
  local n = M.passed + M.failed + 1
  if ok then M.passed = M.passed + 1 else M.failed = M.failed + 1 end
  io.write(ok and "ok " or "not ok ", n, " - ", name, "\n")
  if not ok then io.write("# ", tostring(err):gsub("\n", "\n# "), "\n") end
end

--- Run one file of cases. A file that does not load, or raises outside a case, is a failure;
--- so is one that holds no case at all.
---@param path string
function M.file(path)
  local before = M.passed + M.failed
  local chunk, err = loadfile(path, "t")
  local ok, why = false, err
  if chunk then ok, why = xpcall(chunk, debug.traceback) end
  if ok and M.passed + M.failed == before then ok, why = false, "no case in " .. path end
  if not ok then M.case(path, function() error(why, 0) end) end
end

--- Print the closing line; true when everything passed and something ran.
function M.done()
  io.write(("%d passed, %d failed\n"):format(M.passed, M.failed))
  return M.failed == 0 and M.passed > 0
end

return M
