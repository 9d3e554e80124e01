--- OpenSSL, and what reads its variables: Go, Ruby, Python's ssl, and many more.
local policy <const> = require "policy"

policy.rule("trust", { id = "openssl", run = function()
  return { SSL_CERT_FILE = "{ca_bundle}", SSL_CERT_DIR = "{ca_dir}" }
end })
