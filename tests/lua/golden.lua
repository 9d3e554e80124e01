--- Compare with tests/lua/golden/NAME; BOTTLE_GOLDEN=write writes it instead.
return function(t, name, got)
  local path <const> = "tests/lua/golden/" .. name
  if os.getenv "BOTTLE_GOLDEN" == "write" then
    local f <close> = assert(io.open(path, "w"))
    f:write(got)
    return
  end
  local f <close> = assert(io.open(path))
  local want = f:read "a"
  if got == want then return end
  local n = 1
  for line in want:gmatch "([^\n]*)\n" do
    local g = got:match "([^\n]*)\n" or ""
    got = got:sub(#g + 2)
    if g ~= line then
      t.eq(("%s:%d: %s"):format(path, n, g), ("%s:%d: %s"):format(path, n, line))
    end
    n = n + 1
  end
  t.eq(path .. " and more: " .. got, path)
end
