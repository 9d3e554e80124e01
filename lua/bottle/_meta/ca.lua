---@meta bottle.ca
--- The bottle's own certificate authority. The private key has no getter: it is a file, mode 0600,
--- that goes to the gate and nowhere else.

---@class bottle.Ca
local Ca = {}

local ca = {}

---@class bottle.CaOptions
---@field slug? string of the bottle: the common name becomes "Bottle CA SLUG"
---@field days? integer how long it is valid, 1 to 3650 (default 7)

--- Make a CA and write dir/ca.pem and dir/ca-key.pem (0600). A CA that is there is not overwritten.
--- Example: `local own <close> = assert(ca.open(staging:path(), { slug = plan.slug }))`
---@param dir string
---@param options? bottle.CaOptions
---@return bottle.Ca? ca
---@return string? message
---@return string? code
function ca.open(dir, options) end

--- Make a CA whose two files are in memory: nothing to remove, whatever ends this process. Its paths
--- are good in this process alone (`bwrap.gate` hands them on).
---@param slug string
---@return bottle.Ca? ca
---@return string? message
---@return string? code
function ca.memory(slug) end

--- Read the pair back. A key file that others may touch is refused, so is a pair that does not fit.
---@param dir string
---@return bottle.Ca? ca
---@return string? message
---@return string? code
function ca.load(dir) end

--- The certificate, public.
---@return string
function Ca:pem() end

--- SHA-256 of the certificate's DER, 64 lower-case hexadecimal digits.
---@return string
function Ca:fingerprint() end

--- OpenSSL's name for it in a hash folder (HASH.0): 8 lower-case hexadecimal digits.
---@return string
function Ca:subject_hash() end

--- Where the two files are.
---@return string cert
---@return string key
function Ca:paths() end

--- Forget the key. The files stay. Idempotent.
function Ca:close() end

return ca
