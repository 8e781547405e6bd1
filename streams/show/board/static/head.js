/** The head of every page: where one is, of which instant its figures are, how fresh they are. */
import { address, asked } from "./address.js";
import { attribute, el, write } from "./dom.js";
import { instant, lasting } from "./format.js";
import { EN, otherLanguage, word } from "./words.js";

const WINDOWS = ["today", "week", "month", "all"];

const badge = el("span", { class: "state", role: "status" });
const age = el("span", { class: "age", "aria-hidden": "true" });
const fresh = el("p", { class: "fresh", "data-state": "waiting", hidden: true }, badge, age);
const when = el("p", { class: "when" });
const windows = el("nav", { class: "windows", "aria-label": word("window") });

/** Say how fresh the page is. */
export function tell(state, seconds, away) {
  attribute(fresh, "data-state", state);
  write(badge, word(state));
  attribute(fresh, "title", away);
  write(age, seconds === null ? "" : `${lasting(seconds)}${EN ? " " : ""}${word("ago")}`);
}

/** Say at which instant its figures stand, and by which window. */
export function tellWhen(picture) {
  const text = instant(picture.as_of);
  const known = picture.known_at ? ` · ${word("known_at")} ${instant(picture.known_at)}` : "";
  write(when.firstChild ?? when.appendChild(el("time")), picture.live ? text : `${word("as_of")} ${text}${known}`);
  if (!picture.live && !when.querySelector("a")) {
    const back = { "as-of": null, "known-at": null, from: null, to: null };
    when.append(el("a", { href: address("/", back) }, word("back_to_live")));
  }
  const chosen = asked.get("window") ?? (asked.has("from") ? "" : picture.ticking ? "today" : "all");
  for (const link of windows.children) {
    attribute(link, "aria-current", link.dataset.window === chosen ? "true" : null);
  }
}

/** Lay out the head. */
export function head(places, profile) {
  const link = (path, key) =>
    el("a", { href: address(path), "aria-current": location.pathname === path ? "page" : null }, word(key));
  const place = el("select", { "aria-label": word("place"), onchange: () => location.assign(address("/", { place: place.value })) });
  const here = asked.get("place") ?? places[0]?.[0] ?? "";
  const known = places.some(([code]) => code === here) || !here ? places : [[here, ...profile.name], ...places];
  for (const [code, ...name] of known) place.append(el("option", { value: code, selected: code === here }, name[EN]));
  if (location.pathname === "/") {
    for (const name of WINDOWS) {
      const changes = { window: name, from: null, to: null };
      windows.append(el("a", { href: address("/", changes), "data-window": name }, word(name)));
    }
  }
  document.getElementById("head").replaceChildren(
    el("a", { class: "brand", href: address("/") }, el("img", { src: "/static/icon.svg", alt: "" }), word("title")),
    el("label", { class: "place" }, place),
    el("nav", { class: "pages" }, link("/", "overview"), link("/cases", "cases"), link("/dead-letters", "letters")),
    windows,
    when,
    fresh,
    el("button", { class: "language", type: "button", lang: EN ? "zh-CN" : "en", onclick: otherLanguage }, word("language")),
  );
}

/** Let the head tell how fresh the page is: for pages that live. */
export function lives() {
  fresh.hidden = false;
}
