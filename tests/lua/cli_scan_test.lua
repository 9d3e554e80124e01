-- bottle scan, as a hook before a commit meets it. Tokens are made here: the tree holds none.
local fs <const> = require "bottle.fs"
local json <const> = require "bottle.json"
local proc <const> = require "bottle.proc"
local scratch <const> = require "bottle.scratch"
local test <const> = require "bottle.test"

local exe <const> = assert(fs.realpath "/proc/self/exe")
local token <const> = "ghp" .. "_" .. ("a1B2c3D4e5"):rep(4):sub(1, 36)
local slack <const> = "xox" .. "b-" .. "1234567890-abcdefghij"

-- Nothing that it says may hold the front of a secret.
local function scan(t, dir, stdin, ...)
  local done = assert(proc.run({ exe, "scan", ... }, { cwd = dir, timeout = 60000, input = stdin,
    env = { HOME = dir, NO_COLOR = "1" } }))
  for _, text in ipairs { done.stdout, done.stderr } do
    t.eq(text:find(token:sub(1, 12), 1, true), nil)
    t.eq(text:find(slack:sub(1, 12), 1, true), nil)
  end
  return done.stdout, done.stderr, done.code
end

local function folder(files, fn)
  local s <close> = assert(scratch.open())
  for name, text in pairs(files) do
    assert(fs.write(s:path() .. "/" .. name, text))
  end
  fn(s:path())
end

test.case("nothing found is silence and status 0", function(t)
  folder({ clean = "int main(void)\n", empty = "" }, function(dir)
    local out, err, code = scan(t, dir, nil, "clean", "empty")
    t.eq(out, "")
    t.eq(err, "")
    t.eq(code, 0)
  end)
end)

test.case("what is found is file, line and kind, and status 1", function(t)
  folder({ clean = "x\n", ["a b"] = "one\ntwo " .. token .. "\n\n" .. slack }, function(dir)
    local out, err, code = scan(t, dir, nil, "clean", "a b", "clean")
    t.eq(out, "a b:2: GitHub Token (critical)\na b:4: Slack Token (critical)\n")
    t.eq(err, "")
    t.eq(code, 1)
  end)
end)

test.case("without files, and for -, it reads standard input", function(t)
  folder({}, function(dir)
    for _, args in ipairs { {}, { "-" } } do
      local out, _, code = scan(t, dir, "\n" .. token .. "\n", table.unpack(args))
      t.eq(out, "<stdin>:2: GitHub Token (critical)\n")
      t.eq(code, 1)
    end
    t.eq(select(3, scan(t, dir, "")), 0)
  end)
end)

test.case("JSON is one object on stdout, found or not", function(t)
  local odd <const> = "a\"\\\n\xff"
  folder({ clean = "x\n", dirty = token .. "\n", [odd] = token }, function(dir)
    local out, err, code = scan(t, dir, nil, "--format", "json", "clean", "dirty")
    local found <const> = assert(json.decode(out)).findings
    t.eq(#found, 1)
    t.eq(found[1].file, "dirty")
    t.eq(found[1].line, 1)
    t.eq(found[1].kind, "GitHub Token")
    t.eq(found[1].severity, "critical")
    t.eq(err, "")
    t.eq(code, 1)
    out, err, code = scan(t, dir, nil, "clean", "--format=json")
    t.eq(err, "")
    t.eq(#assert(json.decode(out)).findings, 0)
    t.has(out, "[]")
    t.eq(code, 0)
    out, err, code = scan(t, dir, nil, "--format=json", odd)
    t.eq(err, "")
    t.eq(assert(json.decode(out)).findings[1].file, "a\"\\\\x0a\\xff") -- not UTF-8: as in text
    t.eq(code, 1)
  end)
end)

test.case("a file name cannot move the cursor or make a line of its own", function(t)
  folder({ ["x\n\27[2Jy"] = token }, function(dir)
    local out = scan(t, dir, nil, "x\n\27[2Jy")
    t.eq(out, "x\\x0a\\x1b[2Jy:1: GitHub Token (critical)\n")
  end)
end)

test.case("what cannot be read is one line and status 2; the others are looked at", function(t)
  folder({ dirty = token, secret = "x" }, function(dir)
    assert(fs.mkdir_p(dir .. "/sub"))
    for _, bad in ipairs { "none", "sub" } do
      local out, err, code = scan(t, dir, nil, bad, "dirty")
      t.eq(out, "dirty:1: GitHub Token (critical)\n")
      t.has(err, bad)
      t.eq(select(2, err:gsub("\n", "")), 1)
      t.eq(code, 2)
    end
    assert(proc.run({ "chmod", "0", dir .. "/secret" }, {}))
    if not fs.read(dir .. "/secret") then -- root reads everything
      t.eq(select(3, scan(t, dir, nil, "secret")), 2)
    end
    local out, err, code = scan(t, dir, nil, "--format=json", "none")
    t.eq(#assert(json.decode(out)).findings, 0)
    t.has(err, "none")
    t.eq(code, 2)
  end)
end)

test.case("more than 64 MiB is refused by its size, not taken for clean", function(t)
  folder({}, function(dir)
    assert(proc.run({ "truncate", "-s", "67108865", dir .. "/big" }, {}))
    local out, err, code = scan(t, dir, nil, "big")
    t.eq(out, "")
    t.has(err, "big")
    t.eq(select(2, err:gsub("\n", "")), 1)
    t.eq(code, 2)
  end)
end)

test.case("bytes of any kind around it hide nothing", function(t)
  local all = {}
  for c = 0, 255 do
    all[#all + 1] = string.char(c)
  end
  local noise <const> = table.concat(all):rep(400)
  folder({ binary = noise .. "\0" .. token .. "\0" .. noise }, function(dir)
    local out, _, code = scan(t, dir, nil, "binary")
    t.eq(out, "binary:401: GitHub Token (critical)\n")
    t.eq(code, 1)
  end)
end)

test.case("a key broken over lines has the line that ends it, wherever it lies", function(t)
  local fill <const> = ("nothing of interest here\n"):rep(2620)
  folder({
    one = "a\n" .. token:sub(1, 20) .. "\n" .. token:sub(21) .. "\nb\n",
    -- 65,500 bytes: the break is where one piece ends and the next one begins
    two = fill .. ("x"):rep(20) .. "\n" .. token:sub(1, 20) .. "\n" .. token:sub(21) .. "\n"
      .. fill,
  }, function(dir)
    t.eq((scan(t, dir, nil, "one")), "one:3: GitHub Token (critical)\n")
    t.eq((scan(t, dir, nil, "two")), "two:2623: GitHub Token (critical)\n")
  end)
end)

test.case("as many files as a command line holds", function(t)
  folder({ clean = "x", dirty = token }, function(dir)
    local files = {}
    for i = 1, 500 do
      files[i] = i % 100 == 0 and "dirty" or "clean"
    end
    local out, err, code = scan(t, dir, nil, table.unpack(files))
    t.eq(out, ("dirty:1: GitHub Token (critical)\n"):rep(5))
    t.eq(err, "")
    t.eq(code, 1)
  end)
end)
