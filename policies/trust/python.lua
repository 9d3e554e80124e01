--- Python programs carry their own roots (certifi) unless told.
local policy <const> = require "policy"

policy.rule("trust", { id = "requests", run = function()
  return { REQUESTS_CA_BUNDLE = "{ca_bundle}", HTTPLIB2_CA_CERTS = "{ca_bundle}" }
end })

policy.rule("trust", { id = "pip", run = function() return { PIP_CERT = "{ca_bundle}" } end })

policy.rule("trust", { id = "uv", run = function() return { UV_NATIVE_TLS = "true" } end })
