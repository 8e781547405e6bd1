/** Dead letters, live; whoever is signed in may send one again. */
import { send } from "./address.js";
import { Kept, el, write } from "./dom.js";
import { instant } from "./format.js";
import { lives, tell } from "./head.js";
import { Live } from "./live.js";
import { named, word } from "./words.js";

const SESSION = "/api/session";

export async function show(main) {
  const session = await (await fetch(SESSION)).json();
  const said = el("p", { role: "status" });
  const total = el("span", { class: "total" });
  const reasons = el("ul", { class: "counts" });
  const body = el("tbody");
  const empty = el("p", { class: "empty", hidden: true }, word("none"));
  const heads = ["refused_at", "reason", "detail", "origin", "sender"].map((name) => el("th", { scope: "col" }, word(name)));
  const counts = new Kept(reasons, ([reason]) => reason, ([reason]) => el("li", {}, el("b"), ` ${named("refusal", reason)}`), (node, [, n]) => write(node.firstChild, n));
  const rows = new Kept(body, (one) => one.letter_id, (one) => row(one, session.signed_in ? () => again(one, said) : null), () => {});
  main.className = "page letters";
  main.append(
    el("h1", {}, word("letters"), total),
    door(session, said),
    said,
    reasons,
    empty,
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": word("letters") }, el("table", {}, el("thead", {}, el("tr", {}, ...heads, session.signed_in ? el("th") : null)), body)),
    el("p", { class: "dim" }, `${word("read_further")} gridloop dead-letters list`),
  );
  lives();
  new Live(
    ["letters"],
    (_, told) => {
      const all = Object.entries(told.reasons);
      write(total, ` ${all.reduce((sum, [, n]) => sum + n, 0)}`);
      empty.hidden = all.length > 0;
      counts.show(all);
      rows.show(told.newest);
    },
    tell,
  );
}

function row(one, again) {
  const cells = [instant(one.refused_at), named("refusal", one.reason), one.detail, `${one.topic} ${one.partition}/${one.offset}`, `${one.sender} ${one.input_id}`];
  const button = again ? el("td", {}, el("button", { type: "button", onclick: again }, word("retry"))) : null;
  return el("tr", {}, ...cells.map((text) => el("td", {}, text)), button);
}

async function again(one, said) {
  try {
    const { topic } = await send("/api/dead-letters/retry", "POST", one.letter_id);
    write(said, `${word("sent_again")} ${topic} · ${one.letter_id}`);
  } catch (why) {
    write(said, why.message);
  }
}

/** Sign in or out; where no token is set there is no door. */
function door(session, said) {
  if (!session.possible) return el("p", { class: "dim" }, word("read_only"));
  if (session.signed_in) {
    return el("button", { type: "button", onclick: () => enter("DELETE", undefined, said) }, word("sign_out"));
  }
  const token = el("input", { type: "password", "aria-label": word("token"), placeholder: word("token"), autocomplete: "current-password", required: true });
  const submit = (event) => {
    event.preventDefault();
    enter("POST", token.value, said);
  };
  return el("form", { class: "door", onsubmit: submit }, token, el("button", { type: "submit" }, word("sign_in")), el("span", { class: "dim" }, word("sign_in_why")));
}

async function enter(method, token, said) {
  try {
    await send(SESSION, method, token);
    location.reload();
  } catch (why) {
    write(said, why.message);
  }
}
