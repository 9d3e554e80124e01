--- Taking back what bottles left: from their ledgers, and from the labels of what an engine holds.
--- A ledger knows folders and placeholders too; a label survives the loss of the ledger.
local bottles <const> = require "bottle.bottles"
local ledgers <const> = require "bottle.ledgers"
local owner <const> = require "bottle.owner"
local sig <const> = require "bottle.sig"
local teardown <const> = require "bottle.docker.teardown"

local M = {}

local LATE_MS <const>, LOOK_MS <const> = 2000, 100

---@class bottle.Remains
---@field slug string
---@field held string          "live", "dead", "detached", "elsewhere"
---@field pid? integer         of a live owner
---@field booked? boolean      there is a ledger
---@field items { kind: string, name: string, extra?: table }[]   in the order they were made

local function held(book)
  if book.detached then return "detached" end
  if book.owner and not owner.here(book.owner.host) then return "elsewhere" end
  return book.alive and "live" or "dead"
end

local function from_ledgers(all)
  for _, book in ipairs(ledgers.scan()) do
    local items = {}
    for i = #(book.pending or {}), 1, -1 do items[#items + 1] = book.pending[i] end
    -- What cannot be read is nobody's to remove: it is reported by whoever looks at it.
    if not book.error then
      all[book.slug] = { slug = book.slug, held = held(book), pid = book.alive and book.owner and
        book.owner.pid or nil, booked = true, items = items }
    end
  end
end

local function has(items, item)
  for _, other in ipairs(items) do
    if other.kind == item.kind and other.name == item.name then return true end
  end
  return false
end

local function from_labels(all, found)
  for slug, one in pairs(found) do
    local who = owner.parse(one.owner)
    local r = all[slug] or { slug = slug, held = one.held, pid = who and who.pid, items = {} }
    all[slug] = r
    for _, item in ipairs(bottles.items(one)) do
      if not has(r.items, item) then r.items[#r.items + 1] = item end
    end
  end
end

--- All bottles that there are or were, by slug.
---@param engine? bottle.Engine
---@return table<string, bottle.Remains>? all
---@return string? message
---@return string? code
function M.find(engine)
  local all = {}
  from_ledgers(all)
  if not engine then return all end
  local found, msg, code = bottles.find(engine)
  if not found then return nil, msg, code end
  from_labels(all, found)
  return all
end

-- An engine finishes what it was asked before the asker died: what the ledger names and the engine
-- does not have yet may still come. Looked for again for a while, all of it at once.
local function late(engine, slug, absent, settle)
  local clean = true
  for _ = 1, LATE_MS // LOOK_MS do
    if #absent == 0 or not sig.sleep(LOOK_MS) then break end
    local still = {}
    clean = teardown.all(engine, slug, absent, function(item, ok, msg, code)
      if code == "notfound" then still[#still + 1] = item else settle(item, ok, msg) end
    end) and clean
    absent = still
  end
  for _, item in ipairs(absent) do settle(item, true) end
  return clean
end

--- Undo one. True when nothing is left; report is told about each thing.
---@param engine? bottle.Engine
---@param remains bottle.Remains
---@param report? fun(item: table, ok: boolean?, message: string?)
---@return boolean clean
function M.undo(engine, remains, report)
  local book
  if remains.booked then
    local why
    book, why = ledgers.adopt(remains.slug)
    if not book then
      if report then report({ kind = "ledger", name = remains.slug }, nil, why) end
      return false
    end
  end
  local absent = {}
  local function settle(item, ok, msg)
    if ok and book then book:undone(item.kind, item.name) end
    if report then report(item, ok, msg) end
  end
  local clean = teardown.all(engine, remains.slug, remains.items, function(item, ok, msg, code)
    if book and code == "notfound" and teardown.of_engine[item.kind] then
      absent[#absent + 1] = item
    else
      settle(item, ok, msg)
    end
  end)
  clean = late(engine, remains.slug, absent, settle) and clean
  if book then book:close() end
  return clean
end

return M
