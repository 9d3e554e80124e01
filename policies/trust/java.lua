--- Java ignores the proxy variables. Its key store is no PEM file: one is made where the image, or
--- the host of a native bottle, has a Java (lua/bottle/java.lua), and named here where it has to.
local policy <const> = require "policy"

policy.rule("trust", { id = "java", run = function()
  return { JAVA_TOOL_OPTIONS = "-Dhttp.proxyHost={proxy_host} -Dhttp.proxyPort={proxy_port} " ..
    "-Dhttps.proxyHost={proxy_host} -Dhttps.proxyPort={proxy_port} " ..
    "-Dhttp.nonProxyHosts=localhost|127.0.0.1" }
end })
