// Documents as the server sends them. By fetch and not EventSource, which can send no token.

import { headers } from "./session.js";

const SILENT_MS = 12000; // more than two heartbeats of the server
const AGAIN_MS = [500, 1000, 2000, 5000];

export function follow({ heard, trouble, lost, refused }) {
  let failures = 0;
  const again = () => setTimeout(run, AGAIN_MS[Math.min(failures++, AGAIN_MS.length - 1)]);

  async function run() {
    const control = new AbortController();
    let watchdog = setTimeout(() => control.abort(), SILENT_MS);
    try {
      const response = await fetch("/live", { headers: headers(), signal: control.signal, cache: "no-store" });
      if (response.status === 401) return refused();
      if (!response.ok) throw Object.assign(new Error("refused"), { twin: await response.json() });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        clearTimeout(watchdog);
        watchdog = setTimeout(() => control.abort(), SILENT_MS);
        failures = 0;
        const messages = (rest + value).split("\n\n");
        rest = messages.pop();
        messages.forEach(dispatch);
      }
      lost("the connection ended");
    } catch (error) {
      lost(error.twin ? error.twin.message : "the page's server does not answer");
    } finally {
      clearTimeout(watchdog);
    }
    again();
  }

  function dispatch(message) {
    const fields = {};
    for (const line of message.split("\n")) {
      const at = line.indexOf(": ");
      if (at > 0) fields[line.slice(0, at)] = line.slice(at + 2);
    }
    if (fields.event === "pod") heard(JSON.parse(fields.data));
    else if (fields.event === "trouble") trouble(JSON.parse(fields.data));
  }

  run();
}
