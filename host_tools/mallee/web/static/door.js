// The door of a private page: how to give a token, and nothing else.

import { triple } from "./dialogs.js";
import { h } from "./dom.js";
import { signIn } from "./session.js";
import { card } from "./views/parts.js";

let problem = null;

export function door(opened, draw) {
  const enter = async (event) => {
    event.preventDefault();
    problem = null;
    try {
      await signIn(new FormData(event.target).get("token").trim());
      opened();
    } catch (error) {
      problem = error;
    }
    draw();
  };
  return h("div", { class: "door" }, card("This page is private",
    h("p", {}, "To look takes a token. Who runs the page makes one: ", h("code", {}, "mallee serve token add NAME"), " (", h("code", {}, "--role operator"), " for who acknowledges alarms)."),
    h("form", { onsubmit: enter },
      h("label", {}, h("span", {}, "Token"), h("input", { name: "token", type: "password", required: true, autocomplete: "off", spellcheck: "false" })),
      h("button", { class: "primary" }, "Sign in")),
    problem && triple(problem),
    h("p", { class: "quiet" }, "It is kept in this tab until it is closed.")));
}
