// Elements as data, and the smallest change from one tree to the next: views are functions of a document, and what a person
// has selected, focused or scrolled stays as it is.

const SVG = "http://www.w3.org/2000/svg";

export const h = (tag, props, ...children) => fill(document.createElement(tag), props, children);
export const s = (tag, props, ...children) => fill(document.createElementNS(SVG, tag), props, children);

function fill(node, props, children) {
  node.handlers = {};
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) {
      node.handlers[name] = value;
      node[name] = value;
    } else node.setAttribute(name, value === true ? "" : value);
  }
  add(node, children);
  return node;
}

function add(node, children) {
  for (const child of children) {
    if (Array.isArray(child)) add(node, child);
    else if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

// Make `old` look like `fresh`, and return what stands there now. `data-keep`: it belongs to somebody else.
export function patch(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || key(old) !== key(fresh)) {
    old.replaceWith(fresh);
    return fresh;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return old;
  }
  if (old.hasAttribute("data-keep")) return old;
  attributes(old, fresh);
  inside(old, fresh);
  return old;
}

const key = (node) => (node.getAttribute ? node.getAttribute("data-key") : null);

function attributes(old, fresh) {
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const name of Object.keys(old.handlers || {})) if (!(name in (fresh.handlers || {}))) old[name] = null;
  Object.assign(old, fresh.handlers);
  old.handlers = fresh.handlers || {};
}

function inside(old, fresh) {
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((node, at) => (at < before.length ? patch(before[at], node) : old.append(node)));
  before.slice(after.length).forEach((node) => node.remove());
}
