// What a person is asked, and told: one dialog at a time, and short messages with what happened, why, and what to do.

import { h } from "./dom.js";
import { session, signIn } from "./session.js";

const dialog = () => document.getElementById("dialog");

// Fields are { name, label, type, value, required, choices, hint }. `typed`: what has to be typed before the button can be pressed.
// `act(values)` runs on submit; its error is shown in the dialog.
export function ask({ title, text = null, fields = [], typed = null, button, danger = false, act }) {
  const told = h("div", { class: "told" });
  const submit = h("button", { class: danger ? "danger" : "primary", value: "ok", disabled: typed !== null }, button);
  const agreed = typed === null ? [] : [{ name: "agreed", label: `Type ${typed} if you want that`, required: true }];
  const ready = () => typed === null || form.elements.agreed.value.trim() === typed;
  const form = h("form", { method: "dialog", onsubmit: run, oninput: () => { submit.disabled = !ready(); } }, h("h2", {}, title), text, [...fields, ...agreed].map(field), told,
    h("div", { class: "buttons" }, h("button", { type: "button", onclick: close }, "Cancel"), submit));
  dialog().replaceChildren(form);
  dialog().showModal();

  async function run(event) {
    event.preventDefault();
    submit.disabled = true;
    try {
      const done = await act(Object.fromEntries(new FormData(form)));
      if (done !== "stay") close();
    } catch (error) {
      told.replaceChildren(triple(error));
    } finally {
      submit.disabled = !ready();
    }
  }
}

export const close = () => dialog().close();

function field({ name, label, type = "text", value = "", required = false, choices = null, hint = null }) {
  const input = choices
    ? h("select", { name }, choices.map(([key, word]) => h("option", { value: key, selected: key === value }, word)))
    : h("input", { name, type, value, required, autocomplete: "off", spellcheck: "false" });
  return h("label", {}, h("span", {}, label), input, hint && h("small", {}, hint));
}

export function triple(error) {
  return h("div", { class: "triple" }, h("b", {}, error.message), error.likely && h("div", {}, "likely: ", error.likely), error.next && h("div", {}, "next: ", error.next));
}

export function toast(content, kind = "ok") {
  const box = h("div", { class: `toast ${kind}` }, content);
  document.getElementById("toasts").append(box);
  setTimeout(() => box.remove(), kind === "ok" ? 4000 : 12000);
}

export const failed = (error) => toast(triple(error), "bad");

export function signInDialog(then) {
  ask({
    title: "Sign in",
    text: h("p", {}, "With a token of ", h("code", {}, "mallee serve token add NAME --role operator"), ". It is kept in this tab until it is closed."),
    fields: [{ name: "token", label: "Token", type: "password", required: true }],
    button: "Sign in",
    act: async ({ token }) => {
      await signIn(token.trim());
      toast(`${session.who.name}: ${session.who.role}`);
      then();
    },
  });
}
