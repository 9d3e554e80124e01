// client_undici.js PROXY-HOST PROXY-PORT AUTHORITY CA SECRET: undici's WebSocket by its ProxyAgent.
const fs = require("fs");
const { ProxyAgent, WebSocket, setGlobalDispatcher } = require("undici");
const [host, port, authority, ca, secret] = process.argv.slice(2);
setGlobalDispatcher(new ProxyAgent({ uri: `http://${host}:${port}`,
  requestTls: { ca: fs.readFileSync(ca) } }));
const ws = new WebSocket(`wss://${authority}/real`);
ws.onopen = () => ws.send("hello from undici");
ws.onmessage = (m) => {
  if (m.data === "hello from undici") console.log("echo ok");
  ws.send("k=" + secret);
};
ws.onerror = (e) => console.log(e.error || e.message);
ws.onclose = (e) => { console.log("blocked " + e.code); process.exit(0); };
