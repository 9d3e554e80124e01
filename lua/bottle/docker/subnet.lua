--- Small subnets with known addresses: the engine's own pool has room for 31 networks only, and
--- the gate's address must be known before it starts.
local M = {}

local SIZE <const> = 16 -- a /28: gateway, gate, agent, and room for sidecars

local function number(a, b, c, d) return (a << 24) | (b << 16) | (c << 8) | d end

local function dotted(n)
  return ("%d.%d.%d.%d"):format((n >> 24) & 255, (n >> 16) & 255, (n >> 8) & 255, n & 255)
end

-- FNV-1a: the same slug begins at the same place, two slugs rarely do.
local function hash(text)
  local h = 2166136261
  for i = 1, #text do h = ((h ~ text:byte(i)) * 16777619) & 0xffffffff end
  return h
end

---@param text string  "10.213.0.0/16"
---@return { base: integer, count: integer }? pool
---@return string? message
---@return string? code
function M.pool(text)
  local a, b, c, d, bits = tostring(text):match "^(%d+)%.(%d+)%.(%d+)%.(%d+)/(%d+)$"
  bits = tonumber(bits)
  local fits = a and bits >= 8 and bits <= 26
  for _, part in ipairs { a, b, c, d } do fits = fits and tonumber(part) <= 255 end
  if not fits then
    return nil, ("address pool %s: want ADDRESS/BITS with 8 to 26 bits"):format(text), "invalid"
  end
  local size = 1 << (32 - bits)
  local base = number(tonumber(a), tonumber(b), tonumber(c), tonumber(d)) & ~(size - 1)
  return { base = base, count = size // SIZE }
end

--- The n-th candidate (0, 1, …) for a network of a slug.
---@param pool table
---@param seed string
---@param n integer
---@return { subnet: string, gateway: string, gate: string, agent: string }
function M.candidate(pool, seed, n)
  local at = pool.base + ((hash(seed) + n * 7) % pool.count) * SIZE
  return { subnet = dotted(at) .. "/28", gateway = dotted(at + 1), gate = dotted(at + 2),
    agent = dotted(at + 3) }
end

return M
