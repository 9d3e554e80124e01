--- Secrets: every shipped pattern; the key for seed phrases stands only where they are off.
local policy <const> = require "policy"

policy.rule("config", { id = "scan", run = function(_, config, run)
  -- scan_env would look for the values of the gate's own environment, which holds nothing.
  config.dlp = { include_defaults = true, scan_env = false }
  -- A secret leaves as well in X-Anything or in a header's name as in Authorization. Left out are
  -- only the fields that no engine passes on as they came.
  config.request_body_scanning = {
    action = run.dlp_action, header_mode = "all",
    ignore_headers = {
      "connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding",
      "upgrade",
    },
  }
  if not run.seed_phrase_detection then config.seed_phrase_detection = { enabled = false } end
end })
