// The page: which view is shown, what is known, and how old it is.

import { signInDialog, toast } from "./dialogs.js";
import { h, patch } from "./dom.js";
import { door } from "./door.js";
import { duration, pill, time } from "./format.js";
import { follow } from "./live.js";
import { feed } from "./recent.js";
import { get, resume, session, shut, signOut } from "./session.js";
import * as alarms from "./views/alarms.js";
import * as bus from "./views/bus.js";
import * as overview from "./views/overview.js";
import * as pdu from "./views/pdu.js";
import * as skid from "./views/skid.js";
import * as trends from "./views/trends.js";

const VIEWS = { "": overview, skid, pdu, alarms, trends, bus };
const EVENTS_KEPT = 100;
const SOURCES = { host: "from the host", advising: "from a host that only advises", own: "no host runs here: read by this page" };

const page = { seen: null, heard: 0, trouble: null, lost: null, events: [], about: null };

// Age of the document now: as old as it was, and the time since it came.
const age = () => (page.seen ? page.seen.age_s + (performance.now() - page.heard) / 1000 : null);
const stale = () => page.seen && (page.seen.stale || page.lost !== null || age() > Math.max(3 * page.seen.document.scan_s, 2.5));

function route() {
  const [name, ...rest] = decoded(location.hash.replace(/^#\/?/, "")).split("/");
  const there = Object.hasOwn(VIEWS, name); // an object has names of its own too: `constructor`
  return { name: there ? name : "", view: there ? VIEWS[name] : overview, what: rest.join("/") };
}

// What a person typed may be no code at all: `%`.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

let scheduled = false;
function draw() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    const now = route();
    const doc = page.seen?.document ?? null;
    const context = { doc, page, what: now.what, draw, stale: stale(), age: age() };
    document.title = `${doc?.alarms.length ? `(${doc.alarms.length}) ` : ""}${page.about?.pod ?? doc?.pod ?? ""} – mallee`;
    const main = shut() ? door(open, draw) : doc || now.view.alone ? now.view.view(context) : h("p", { class: "quiet" }, page.trouble?.message ?? page.lost ?? "Waiting for the pod …");
    const fresh = h("div", { id: "page", class: stale() ? "stale" : "" }, shut() ? bare() : header(now, doc), banner(), h("main", { "data-key": `${now.name}/${now.what}` }, main));
    patch(document.getElementById("page"), fresh);
    now.view.after?.(context);
  });
}

const bare = () => h("header", { class: "top" }, h("span", { class: "brand" }, "mallee"));

function header(now, doc) {
  const tab = (name, word, extra = null) =>
    h("a", { href: `#/${name}`, class: now.name === name ? "tab here" : "tab", "aria-current": now.name === name ? "page" : null }, word, extra);
  const count = doc ? doc.alarms.length + doc.returned.length : 0;
  return h("header", { class: "top" },
    h("a", { class: "brand", href: "#/" }, "mallee", h("span", {}, page.about?.pod ?? doc?.pod ?? "")),
    h("nav", {}, tab("", "Overview"), tab("skid", "Skids"), tab("pdu", "PDUs"), tab("alarms", "Alarms", count ? h("b", { class: "count" }, count) : null), tab("trends", "Trends"), tab("bus", "Bus")),
    h("div", { class: "status" }, freshness(), doc && h("span", { class: "clock num", title: "time of the document, UTC" }, `${time(doc.time, doc.time)} UTC`), account()));
}

function freshness() {
  if (!page.seen) return pill(page.lost ? "not connected" : "waiting", page.lost ? "bad" : "mute", page.lost);
  if (page.lost) return pill(`not connected, ${duration(age())} old`, "bad", page.lost);
  if (stale()) return pill(`stale, ${duration(age())} old`, "bad", "whoever writes the document says nothing any more");
  const role = page.seen.document.role;
  if (page.seen.source === "own") return pill("live, read by this page", "info", SOURCES.own);
  return pill(role === "master" ? "live" : `live, ${role}`, page.seen.source === "host" ? "ok" : "info", SOURCES[page.seen.source]);
}

function account() {
  if (!session.who) return h("button", { class: "quiet", onclick: () => signInDialog(draw), "data-key": "in" }, "Sign in");
  const leave = () => {
    signOut();
    if (shut()) return location.reload(); // what was shown, and what scripts remember of it, goes with the page
    toast("signed out");
    draw();
  };
  return h("button", { class: "quiet", onclick: leave, title: "sign out", "data-key": "out" }, `${session.who.name} · ${session.who.role} · sign out`);
}

function banner() {
  const told = [];
  if (page.lost) told.push(`${page.lost}. What is shown is ${page.seen ? `${duration(age())} old` : "nothing yet"}.`);
  else if (stale()) told.push(`The host says nothing any more: what is shown is ${duration(age())} old. Controllers go on by themselves.`);
  if (page.trouble) told.push(`${page.trouble.message}; likely: ${page.trouble.likely}; next: ${page.trouble.next}`);
  return h("div", { class: told.length ? "banner" : "banner none", role: "alert" }, told.map((text) => h("p", {}, text)));
}

const hearing = {
  heard(seen) {
    const fresh = page.seen?.document.scan !== seen.document.scan || page.seen?.document.time !== seen.document.time;
    if (fresh) {
      happened(seen.document.events);
      feed(seen.document);
    }
    if (!page.seen || page.lost) earlier();
    Object.assign(page, { seen, heard: performance.now(), lost: null, trouble: null });
    draw();
  },
  trouble(twin) {
    page.trouble = twin;
    draw();
  },
  lost(why) {
    page.lost = why;
    draw();
  },
  refused() {
    signOut(); // the token was revoked
    location.reload();
  },
};

// Each once, by its time: what is told again was heard already.
function happened(events) {
  const known = new Map([...page.events, ...events].map((each) => [`${Date.parse(each.time)} ${each.device} ${each.text}`, each]));
  page.events = [...known.values()].sort((one, other) => Date.parse(one.time) - Date.parse(other.time)).slice(-EVENTS_KEPT);
}

// From before the page was opened, or while it heard nothing.
function earlier() {
  get("/api/v1/events").then((found) => {
    happened(found.events);
    draw();
  }, () => {});
}

function open() {
  follow(hearing);
  get("/api/v1/about").then((about) => {
    page.about = about;
    draw();
  }, () => {});
}

addEventListener("hashchange", draw);
setInterval(draw, 1000); // the age of what is shown goes on while nothing comes
resume().then(() => {
  if (!shut()) open();
  draw();
});
