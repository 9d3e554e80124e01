--- Java ignores the proxy variables. Its key store is no PEM file: a native bottle makes one where
--- the host has a Java (lua/bottle/native/java.lua); an image with Java imports the CA itself.
local policy <const> = require "policy"

policy.rule("trust", { id = "java", run = function()
  return { JAVA_TOOL_OPTIONS = "-Dhttp.proxyHost={proxy_host} -Dhttp.proxyPort={proxy_port} " ..
    "-Dhttps.proxyHost={proxy_host} -Dhttps.proxyPort={proxy_port} " ..
    "-Dhttp.nonProxyHosts=localhost|127.0.0.1" }
end })
