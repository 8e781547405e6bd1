/** One case's page: what `gridloop case` tells. */
import { asked, get } from "./address.js";
import { add, el } from "./dom.js";
import { NOTHING, instant, lasting } from "./format.js";
import { named, word } from "./words.js";

const SHOWN = ["reason", "act", "why_not", "departments", "from", "to", "clock", "minutes"];

export async function show(main) {
  const told = await get("/api/case", { id: asked.get("id") });
  main.className = "page case";
  add(main,
    el("h1", {}, named("flow", told.flow), el("span", { class: "id" }, ` ${told.case_id}`)),
    summary(told),
    section("reports", told.reports.map(report)),
    section("routing", [el("ul", {}, ...told.routing.map((rule) => el("li", {}, rule)))], told.routing.length),
    section("clocks", told.clocks.map(clock)),
    section("tasks", [tasks(told.tasks)], told.tasks.length),
    section("returns", told.returns.map(back)),
    section("timeline", [timeline(told.timeline)], told.timeline.length),
  );
}

function section(name, nodes, some = nodes.length) {
  return some ? el("section", { class: name }, el("h2", {}, word(name)), ...nodes) : null;
}

function pairs(told) {
  const there = told.filter(([, value]) => value);
  return el("dl", { class: "pairs" }, ...there.map(([key, value]) => el("div", {}, el("dt", {}, word(key)), el("dd", {}, value))));
}

function summary(told) {
  return pairs([
    ["state", named("state", told.state)],
    ["outcome", told.outcome && named("outcome", told.outcome)],
    ["department", named("department", told.department)],
    ["assisting", told.assisting.map((one) => named("department", one)).join("、")],
    ["level", told.level],
    ["marks", told.marks.join("、")],
  ]);
}

function report(one) {
  return el(
    "article",
    {},
    el("p", { class: "dim" }, `${instant(one.occurred_at)} · ${named("source", one.source)} · ${named("area", one.area)} · ${named("matter", one.matter)} · ${one.sender} ${one.id}`),
    el("blockquote", {}, one.text),
    el("ul", { class: "dim" }, ...one.why.map((why) => el("li", {}, why))),
  );
}

function clock(one) {
  const [name, department] = one.clock.split(":");
  const title = `${named("clock", name)}${department ? ` (${named("department", department)})` : ""}`;
  const lines = (one.derivation ?? []).map((line) =>
    el("tr", {}, el("td", {}, instant(line.from)), el("td", {}, instant(line.to)), el("td", { class: "n" }, lasting(line.counted_seconds)), el("td", {}, line.why)),
  );
  const more = [
    ...one.pauses.map((pause) => `${word("paused")} ${instant(pause.from_at)} → ${instant(pause.to_at)}`),
    ...one.extensions.map((more) => `${word("extended")} ${instant(more.at)} → ${instant(more.until)}`),
  ];
  return el(
    "article",
    {},
    el("h3", {}, el("span", { class: `dot ${one.light ?? ""}` }), ` ${title} `, el("strong", {}, one.deadline ? instant(one.deadline) : one.kind), el("span", { class: "dim" }, ` ${one.limit ?? ""} ${one.light ? named("light", one.light) : ""}`)),
    one.calendar ? el("p", { class: "dim" }, `${word("calendar")} ${one.calendar} ${one.calendar_version ?? ""} · ${one.rule ?? ""}`) : null,
    lines.length ? table(["from", "to", "counted", "why"], lines) : null,
    ...more.map((text) => el("p", { class: "dim" }, text)),
  );
}

function table(columns, lines) {
  const head = columns.map((name) => el("th", { scope: "col" }, word(name)));
  return el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...lines)));
}

function tasks(told) {
  const cells = (one) => [named("department", one.department), ...[one.called_at, one.arrived_at, one.finished_at].map(instant)];
  return table(["department", "called", "arrived", "finished"], told.map((one) => el("tr", {}, ...cells(one).map((text) => el("td", {}, text)))));
}

/** A return as its JSON has it: every field that says something. */
function back(one) {
  return el("dl", { class: "pairs" }, ...Object.entries(one).filter(([, value]) => value !== null && value !== "").map(([key, value]) => el("div", {}, el("dt", {}, key), el("dd", {}, plain(value)))));
}

const plain = (value) => (typeof value === "object" ? JSON.stringify(value) : /^\d{4}-\d\d-\d\dT/.test(value) ? instant(value) : String(value));

function timeline(facts) {
  const line = (fact) =>
    el(
      "tr",
      { class: fact.withdrawn ? "gone" : null },
      el("td", {}, instant(fact.occurred_at)),
      el("td", {}, named("fact", fact.kind), fact.withdrawn ? ` (${word("withdrawn")})` : ""),
      el("td", {}, fact.department ? named("department", fact.department) : NOTHING),
      el("td", {}, details(fact.detail)),
    );
  return table(["at", "timeline", "department", "detail"], facts.map(line));
}

function details(detail) {
  const reason = String(detail.reason ?? "").split(":")[0];
  const said = reason ? [named("reason", reason)] : [];
  for (const [key, value] of Object.entries(detail)) {
    const known = SHOWN.includes(key) || named("detail", key) !== key;
    if (!known || key === "reason" || value === null || value === "") continue;
    said.push(`${named("detail", key)} ${key === "outcome" ? named("outcome", value) : plain(value)}`);
  }
  if (reason && detail.reason !== reason) said.push(detail.reason);
  return said.join(" · ");
}
