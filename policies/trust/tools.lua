--- Programs with a variable of their own for the roots.
local policy <const> = require "policy"

local tools <const> = {
  { "curl", "CURL_CA_BUNDLE" },
  { "git", "GIT_SSL_CAINFO" },
  { "cargo", "CARGO_HTTP_CAINFO" },
  { "aws", "AWS_CA_BUNDLE" },
  { "nix", "NIX_SSL_CERT_FILE" },
  { "gcloud", "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE" },
  { "grpc", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH" },
}

for _, tool in ipairs(tools) do
  local id <const>, variable <const> = tool[1], tool[2]
  policy.rule("trust", { id = id, run = function() return { [variable] = "{ca_bundle}" } end })
end
