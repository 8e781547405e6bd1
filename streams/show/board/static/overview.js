/** The overview: what an operations centre hangs on its wall. */
import { address } from "./address.js";
import { Course, Where } from "./charts.js";
import { Kept, attribute, el, panel, write } from "./dom.js";
import { clock, lasting, megabytes, percent, short, shown } from "./format.js";
import { lives, tell, tellWhen } from "./head.js";
import { Live } from "./live.js";
import { EN, hasWord, named, word } from "./words.js";

const TILES = ["report_count", "case_count", "closed_count", "handling_rate", "completion_rate", "closure_rate", "on_time_closure_rate"];
const COLUMNS = ["case_count", "handling_rate", "completion_rate", "on_time_closure_rate"];
const LIGHTS = ["red", "amber", "green", "paused", "none", "unknown"];
const STAGES = ["intake", "tickets", "casework", "sink"];
const MOST_ROWS = 60;

const sum = (lights) => Object.values(lights).reduce((total, n) => total + n, 0);

/** The cases behind a figure of this picture: its cut, its window, its instant. */
function behind(picture, figure, cut = {}) {
  const window = picture.from ? { from: picture.from, to: picture.to, window: null } : { window: "all" };
  return address("/cases", { ...window, figure, "as-of": picture.as_of, ...cut });
}

const standing = (picture, cut = {}) =>
  address("/cases", { figure: "backlog", window: "all", from: null, to: null, "as-of": picture.as_of, ...cut });

// --- figures ---------------------------------------------------------------------------------

function tiles() {
  const nodes = TILES.map((figure) => {
    const value = el("a", { class: "value" });
    const parts = el("span", { class: "parts" });
    return { figure, value, parts, node: el("div", { class: "tile" }, el("h2", { title: named("figure", figure) }, named("figure", figure)), value, parts) };
  });
  const node = el("section", { class: "tiles" }, ...nodes.map((one) => one.node));
  return {
    node,
    show(picture) {
      for (const { figure, value, parts } of nodes) {
        const told = picture.total[figure];
        write(value, shown(told));
        attribute(value, "href", behind(picture, figure));
        write(parts, told.denominator === undefined ? "" : `${told.numerator} / ${told.denominator}`);
      }
    },
  };
}

function lights() {
  const total = el("a", { class: "value" });
  const bar = el("div", { class: "bar", "aria-hidden": "true" });
  const list = el("ul", { class: "counts" });
  const bars = new Kept(bar, (one) => one.light, (one) => el("i", { class: one.light }), (node, one) => { node.style.flexGrow = one.n; });
  const counts = new Kept(
    list,
    (one) => one.light,
    (one) => el("li", { class: one.light }, el("a", {}), el("span", {}, ` ${named("light", one.light)}`)),
    (node, one) => {
      write(node.firstChild, one.n);
      attribute(node.firstChild, "href", one.href);
    },
  );
  return {
    node: el("section", { class: "tile lights" }, el("h2", {}, word("open_now")), total, el("div", { class: "split" }, bar, list)),
    show(picture) {
      const all = LIGHTS.map((light) => ({ light, n: picture.lights[light] ?? 0, href: standing(picture, { light }) }));
      write(total, sum(picture.lights));
      attribute(total, "href", standing(picture));
      bars.show(all.filter((one) => one.n));
      counts.show(all.filter((one) => one.n || ["red", "amber", "green"].includes(one.light)));
    },
  };
}

/** A table by one field; each cell leads to the cases behind it. */
function cut(field, title) {
  const heads = [named("field", field), ...COLUMNS.map((figure) => named("figure", figure)), word("open_now"), ""];
  const body = el("tbody");
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...heads.map((text, at) => el("th", { scope: "col", class: at ? "n" : null }, at ? text : el("span", { class: "unseen" }, text))))), body);
  const rows = new Kept(
    body,
    (row) => row.code ?? "",
    () => {
      const cells = [...COLUMNS, "open"].map(() => el("td", { class: "n" }, el("a")));
      return el("tr", {}, el("th", { scope: "row" }, el("a")), ...cells, el("td", { class: "lit" }, el("div", { class: "bar", "aria-hidden": "true" }, ...LIGHTS.map((light) => el("i", { class: light })))));
    },
    (node, { code, figures, lights: lit, picture, most }) => {
      const where = { [field]: code ?? "" };
      const [name, ...cells] = node.children;
      write(name.firstChild, named(field, code));
      attribute(name.firstChild, "title", named(field, code));
      attribute(name.firstChild, "href", behind(picture, "case_count", where));
      COLUMNS.forEach((figure, at) => {
        write(cells[at].firstChild, shown(figures[figure]));
        attribute(cells[at].firstChild, "href", behind(picture, figure, where));
      });
      const [open, bar] = cells.slice(COLUMNS.length);
      write(open.firstChild, sum(lit));
      attribute(open.firstChild, "href", standing(picture, where));
      bar.firstChild.style.width = `${(100 * sum(lit)) / most}%`;
      LIGHTS.forEach((light, at) => { bar.firstChild.children[at].style.flexGrow = lit[light] ?? 0; });
    },
  );
  return {
    node: panel(title, field, table),
    show(picture) {
      const told = picture.by[field];
      const most = Math.max(1, ...told.map((row) => sum(row.lights)));
      const weight = (row) => (row.figures.case_count?.value ?? 0) + sum(row.lights) / 1e6;
      const sorted = [...told].sort((a, b) => weight(b) - weight(a)).slice(0, MOST_ROWS);
      rows.show(sorted.map((row) => ({ ...row, picture, most })));
    },
  };
}

// --- lists -----------------------------------------------------------------------------------

function list(title, name, key, build, update) {
  const items = el("ol", { class: "list" });
  const empty = el("p", { class: "empty" }, word("none"));
  const kept = new Kept(items, key, build, update);
  return {
    node: panel(title, name, empty, items),
    show(told) {
      empty.hidden = told.length > 0;
      kept.show(told);
    },
  };
}

function ahead() {
  const told = list(
    word("ahead"),
    "ahead",
    (one) => one.case_id,
    (one) => el("li", {}, el("span", { class: "dot" }), el("span", { class: "left" }), el("a", { href: address("/case", { id: one.case_id }) }), el("span", { class: "dim" })),
    (node, one) => {
      const [dot, left, link, rest] = node.children;
      attribute(dot, "class", `dot ${one.light}`);
      attribute(dot, "title", named("light", one.light));
      write(left, lasting((Date.parse(one.deadline) - Date.parse(one.now)) / 1_000));
      write(link, one.text || one.case_id);
      attribute(link, "title", one.text || null);
      const same = one.deadline.slice(0, 10) === one.now.slice(0, 10);
      write(rest, `${(same ? clock : short)(one.deadline)} ${named("department", one.department)}`);
    },
  );
  return { node: told.node, show: (picture) => told.show(picture.ahead.map((one) => ({ ...one, now: picture.as_of }))) };
}

function lately() {
  const told = list(
    word("lately"),
    "lately",
    (one) => one.fact_id,
    (one) => el("li", {}, el("time", {}, clock(one.occurred_at)), el("a", { href: address("/case", { id: one.case_id }) }, named("fact", one.kind)), el("span", { class: "dim" }, one.department ? named("department", one.department) : one.case_id.split("/").at(-1).slice(0, 8))),
    () => {},
  );
  return { node: told.node, show: (picture) => told.show(picture.lately) };
}

// --- the system ------------------------------------------------------------------------------

function system() {
  const facts = el("dl", { class: "facts" });
  const parts = el("ul", { class: "parts" });
  const rows = new Kept(
    facts,
    ([key]) => key,
    ([key]) => el("div", {}, el("dt", {}, word(key)), el("dd")),
    (node, [, value, wrong]) => {
      write(node.lastChild, value);
      attribute(node, "class", wrong ? "wrong" : null);
    },
  );
  const processes = new Kept(
    parts,
    (part) => part.name,
    (part) => el("li", {}, el("span", { class: "dot" }), el("span", {}, part.name), el("span", { class: "dim" })),
    (node, part) => {
      attribute(node.firstChild, "class", `dot ${part.state === "ready" ? "green" : "red"}`);
      const again = part.restarts ? ` · ${part.restarts} ${word("restarts")}` : "";
      write(node.lastChild, `${hasWord(part.state) ? word(part.state) : part.state} · ${megabytes(part.rss_bytes)}${again}`);
    },
  );
  return {
    node: panel(word("system"), "system", facts, parts),
    show({ lags, stored, broker_away, store_away, parts: told }) {
      const stages = lags ? STAGES.map((stage) => `${word(stage)} ${lags[stage]}`).join("  ") : "–";
      const since = stored?.seconds_since_fact;
      rows.show([
        ["lag", lags ? sum(lags) : word("broker_away"), broker_away],
        ["stages", stages, false],
        ["facts_minute", stored ? stored.facts_last_minute : word("store_away"), store_away],
        ["last_fact", since === null || since === undefined ? "–" : lasting(since), false],
        ["letters", stored ? stored.dead_letters : "–", false],
      ]);
      processes.show(told);
    },
  };
}

/** Lay the page out and follow the stream. */
export async function show(main, profile) {
  await script("/static/vendor/echarts.min.js");
  const course = new Course(profile.zone);
  const where = new Where(profile);
  const shows = [
    tiles(),
    lights(),
    { node: panel(word("course"), "course", course.node), show: (picture) => course.show(picture.course) },
    cut("department", word("departments")),
    ahead(),
    { node: panel(where.title(), "where", where.choice(), where.node, where.links), show: (picture) => where.show(picture) },
    cut("street", word("streets")),
    cut("source", word("sources")),
    lately(),
  ];
  const pulse = system();
  main.className = "wall";
  main.append(...shows.map((one) => one.node), pulse.node);
  lives();
  new Live(
    ["picture", "pulse"],
    (name, value) => {
      if (name === "pulse") return pulse.show(value);
      tellWhen(value);
      for (const one of shows) one.show(value);
    },
    tell,
  );
}

function script(src) {
  return new Promise((done, failed) => {
    document.head.append(Object.assign(document.createElement("script"), { src, onload: done, onerror: failed }));
  });
}
