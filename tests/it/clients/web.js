// web.js CLIENT WAY SECRET: what runs in the bottle; see web.py. fetch and https are node's own, undici
// and ws are packages; https-proxy-agent is what programs give those that read no proxy variable,
// which https24 and fetch24 do: a node from 24.5 on.
"use strict";
const https = require("https");
const [client, way, secret] = process.argv.slice(2);
const path = `/${client}/${way}`, good = "api.good.test", other = `${client}.${way}.evil.test`;
const variable = way === "proxy" && process.env.https_proxy;

function agent() {
  if (!variable || client === "https24") return undefined;
  const made = require("https-proxy-agent");
  return new (made.HttpsProxyAgent || made)(variable);
}

function by_https(host, body) {
  return new Promise((resolve, reject) => {
    const req = https.request({ host, path, method: body ? "POST" : "GET", agent: agent() }, res => {
      if (res.statusCode === 200) console.log("issuer: " + res.socket.getPeerCertificate().issuer.CN);
      let text = "";
      res.on("data", d => text += d).on("end", () => resolve(`${res.statusCode} ${text}`));
    });
    req.on("error", reject).end(body);
  });
}

async function by_fetch(host, body) {
  const res = await fetch(`https://${host}${path}`, { method: body ? "POST" : "GET", body });
  return `${res.status} ${await res.text()}`;
}

async function by_undici(host, body) {
  const undici = require("undici");
  const dispatcher = !variable ? undefined :
    undici.EnvHttpProxyAgent ? new undici.EnvHttpProxyAgent() : new undici.ProxyAgent(variable);
  const res = await undici.request(`https://${host}${path}`,
    { method: body ? "POST" : "GET", body, ...(dispatcher && { dispatcher }) });
  return `${res.statusCode} ${await res.body.text()}`;
}

function by_ws(host, body) {
  return new Promise((resolve, reject) => {
    const WebSocket = require("ws");
    const ws = new WebSocket(`wss://${host}/ws${path}`, { agent: agent() });
    ws.on("open", () => ws.send(body || "hello from api.good.test"));
    ws.on("message", data => { resolve(data.toString()); ws.close(); });
    ws.on("close", (code, reason) => resolve(`${code} ${reason}`));
    ws.on("error", reject);
  });
}

async function one(what, call) {
  try {
    console.log(`${what}: ${await call()}`);
  } catch (e) {
    console.log(`${what}: ${e.message} ${e.code || ""} ${e.cause ? e.cause.message : ""}`);
  }
}

(async () => {
  const ask = { https: by_https, fetch: by_fetch, undici: by_undici, ws: by_ws }[client.replace("24", "")];
  await one("ok", () => ask(good));
  await one("secret", () => ask(good, secret));
  await one("other", () => ask(other));
  process.exit(0);
})();
