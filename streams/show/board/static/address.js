/** The page's address: what it asks for, kept from page to page. */

const KEPT = ["place", "flow", "window", "from", "to", "as-of", "known-at"];
export const asked = new URLSearchParams(location.search);

/** The address of a page with this page's question, and these changes (null takes one away). */
export function address(path, changes = {}) {
  const query = new URLSearchParams();
  for (const name of KEPT) if (asked.has(name)) query.set(name, asked.get(name));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** The board itself gives a question up before: what has no answer by then never will. */
const LOST_MS = 30_000;

/** Ask the board; an Error with its reason where it cannot answer. */
export async function get(path, changes = {}) {
  const answer = await fetch(address(path, changes), { signal: AbortSignal.timeout(LOST_MS) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error ?? answer.statusText);
  return said;
}

/** Ask the board to do something, in the name of whoever is signed in. */
export async function send(path, method, body) {
  const answer = await fetch(path, { method, body, headers: { "X-Gridloop-Board": "1" } });
  const said = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw new Error(said.error ?? answer.statusText);
  return said;
}
