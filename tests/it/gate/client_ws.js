// client_ws.js PROXY-HOST PROXY-PORT AUTHORITY CA SECRET: the ws package through a CONNECT tunnel.
const http = require("http"), fs = require("fs");
const WebSocket = require("ws");
const [host, port, authority, ca, secret] = process.argv.slice(2);
http.request({ host, port, method: "CONNECT", path: authority, headers: { host: authority } })
  .on("connect", (_res, socket) => {
    const ws = new WebSocket(`wss://${authority}/real`, {
      socket, servername: authority.split(":")[0], ca: fs.readFileSync(ca),
    });
    ws.on("open", () => ws.send("hello from ws, ünïcode"));
    ws.on("message", (data) => {
      if (data.toString() === "hello from ws, ünïcode") console.log("echo ok");
      ws.send("k=" + secret);
    });
    ws.on("close", (code) => console.log("blocked " + code));
    ws.on("error", (e) => { console.log(e); process.exit(1); });
  }).end();
