// Who acts: a token, kept for this tab alone and sent in a header. There are no cookies.

const KEY = "mallee-token";
const ORDER = ["viewer", "operator", "engineer"];

export const session = { token: sessionStorage.getItem(KEY), who: null };

export function headers() {
  return session.token ? { authorization: `Bearer ${session.token}` } : {};
}

// Nothing is asked for, and nothing shown, before a token is given.
export const shut = () => "private" in document.body.dataset && !session.token;

export const may = (role) => session.who !== null && ORDER.indexOf(session.who.role) >= ORDER.indexOf(role);

export class Problem extends Error {
  constructor(status, twin) {
    super(twin.message);
    Object.assign(this, { status, likely: twin.likely, next: twin.next });
  }
}

export async function get(path, as = headers()) {
  return answer(await reach(path, { headers: as }));
}

export async function post(path, body) {
  const all = { ...headers(), "content-type": "application/json" };
  return answer(await reach(path, { method: "POST", headers: all, body: JSON.stringify(body) }));
}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw new Problem(0, { message: "the page's server does not answer", likely: "it was ended, or the network is cut", next: "start `mallee serve` again" });
  }
}

async function answer(response) {
  const found = await response.json().catch(() => ({ message: `status ${response.status}`, likely: "", next: "" }));
  if (!response.ok) throw new Problem(response.status, found);
  return found;
}

export async function signIn(token) {
  session.who = await get("/api/v1/me", { authorization: `Bearer ${token}` });
  session.token = token;
  sessionStorage.setItem(KEY, token);
}

export function signOut() {
  session.token = session.who = null;
  sessionStorage.removeItem(KEY);
}

// A token of an earlier visit may have been revoked.
export async function resume() {
  if (!session.token) return;
  try {
    session.who = await get("/api/v1/me");
  } catch (error) {
    if (error.status === 401) signOut();
  }
}
