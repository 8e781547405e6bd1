/** The cases behind a figure: the same cut, window and instant. */
import { address, asked, get } from "./address.js";
import { add, el } from "./dom.js";
import { instant } from "./format.js";
import { named, word } from "./words.js";

const CUTS = ["department", "street", "area", "grid", "source", "category", "matter"];
const OWN = ["figure", "side", "light", "page", ...CUTS];
const COLUMNS = {
  filed_at: (row) => instant(row.filed_at),
  occurred_at: (row) => instant(row.occurred_at),
  state: (row) => named("state", row.state),
  department: (row) => named("department", row.department),
  area: (row) => named("area", row.area),
  matter: (row) => named("matter", row.matter),
  source: (row) => named("source", row.source),
  deadline: (row) => instant(row.deadline),
  closed_at: (row) => instant(row.closed_at),
  text: (row) => row.text,
};

export async function show(main) {
  const question = Object.fromEntries(OWN.filter((name) => asked.has(name)).map((name) => [name, asked.get(name)]));
  if (!question.figure) Object.assign(question, { figure: "backlog", window: "all" });
  const told = await get("/api/cases", question);
  const to = (page) => address("/cases", { ...question, page });
  main.className = "page";
  add(main,
    el("h1", {}, named("figure", told.figure), el("span", { class: "total" }, ` ${told.total}`)),
    el("p", { class: "dim" }, about(told)),
    sides(told, question),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": word("behind") }, table(told.rows)),
    pages(told, to),
  );
}

/** In words, what the list is of. */
function about(told) {
  const cuts = Object.entries(told.cut).map(([field, value]) => `${named("field", field)} ${named(field, value)}`);
  const light = told.light ? [named("light", told.light)] : [];
  const since = told.from ? [`${word("from")} ${instant(told.from)}`] : [];
  return [word("behind"), ...cuts, ...light, ...since, `${word("as_of")} ${instant(told.as_of)}`].join(" · ");
}

function sides(told, question) {
  if (!told.sides) return null;
  const link = (side) =>
    el("a", { href: address("/cases", { ...question, side, page: null }), "aria-current": side === told.side ? "true" : null }, `${word(side)} ${told.sides[side]}`);
  return el("nav", { class: "windows" }, link("numerator"), link("denominator"));
}

function table(rows) {
  if (!rows.length) return el("p", { class: "empty" }, word("none"));
  const columns = Object.keys(COLUMNS).filter((name) => name in rows[0]);
  const head = el("tr", {}, el("th", { scope: "col" }, word("case_id")), ...columns.map((name) => el("th", { scope: "col" }, title(name))));
  const line = (row) =>
    el("tr", {}, el("th", { scope: "row" }, el("a", { href: address("/case", { id: row.case_id }) }, row.case_id.split("/").at(-1))), ...columns.map((name) => el("td", { class: name }, COLUMNS[name](row))));
  return el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows.map(line)));
}

const title = (name) => (["area", "matter", "source"].includes(name) ? named("field", name) : word(name));

function pages(told, to) {
  if (told.pages === 1) return null;
  const step = (page, key) => (page < 1 || page > told.pages ? null : el("a", { href: to(page) }, word(key)));
  return el("nav", { class: "turn", "aria-label": word("pages") }, step(told.page - 1, "previous"), el("span", {}, `${told.page} / ${told.pages}`), step(told.page + 1, "next"));
}
