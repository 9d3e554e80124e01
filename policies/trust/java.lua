--- Java ignores the proxy variables. Its key store is no PEM file: on Debian and Red Hat the
--- system's own store, which the CA goes into, is the one that the packaged JDKs read.
local policy <const> = require "policy"

policy.rule("trust", { id = "java", run = function()
  return { JAVA_TOOL_OPTIONS = "-Dhttp.proxyHost={proxy_host} -Dhttp.proxyPort={proxy_port} " ..
    "-Dhttps.proxyHost={proxy_host} -Dhttps.proxyPort={proxy_port} " ..
    "-Dhttp.nonProxyHosts=localhost|127.0.0.1" }
end })
