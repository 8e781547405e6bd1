/** One case's page: what `gridloop case` tells. */
import { asked, get } from "./address.js";
import { add, el } from "./dom.js";
import { NOTHING, instant, lasting } from "./format.js";
import { EN, known, named, word } from "./words.js";

export async function show(main) {
  const told = await get("/api/case", { id: asked.get("id") });
  main.className = "page case";
  add(main,
    el("h1", {}, named("flow", told.flow), el("span", { class: "id" }, ` ${told.case_id}`)),
    summary(told),
    section("reports", told.reports.map(report)),
    section("posted", [posted(told.posted)], told.posted.length),
    section("routing", [el("ul", {}, ...told.routing.map((rule) => el("li", {}, rule)))], told.routing.length),
    section("clocks", told.clocks.map(clock)),
    section("tasks", [tasks(told.tasks)], told.tasks.length),
    section("returns", [returns(told.returns)], told.returns.length),
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
    ["marks", told.marks.map(mark).join("、")],
  ]);
}

/** A mark in words, and which: `guard:spring` is of the period of that id. */
function mark(text) {
  const [name, ...which] = text.split(":");
  return [named("mark", name), ...which].join(" ");
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
    el("h3", {}, el("span", { class: `dot ${one.light ?? ""}` }), ` ${title} `, el("strong", {}, one.deadline ? instant(one.deadline) : named("light", one.kind)), el("span", { class: "dim" }, ` ${one.limited[EN]} ${one.light ? named("light", one.light) : ""}`)),
    one.calendar ? el("p", { class: "dim" }, `${word("calendar")} ${one.calendar} ${one.calendar_version ?? ""} · ${one.rule ?? ""}`) : null,
    lines.length ? table(["from", "to", "counted", "why"], lines) : null,
    ...more.map((text) => el("p", { class: "dim" }, text)),
  );
}

function table(columns, lines) {
  const head = columns.map((name) => el("th", { scope: "col" }, name && word(name)));
  return el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...lines)));
}

function tasks(told) {
  const cells = (one) => [named("department", one.department), ...[one.called_at, one.arrived_at, one.finished_at].map(instant)];
  return table(["department", "called", "arrived", "finished"], told.map((one) => el("tr", {}, ...cells(one).map((text) => el("td", {}, text)))));
}

/** Who answers where the case is, the nearest first. */
function posted(told) {
  const cells = (one) => [[one.role_zh, one.role_en][EN], one.person, one.area ? named("area", one.area) : NOTHING, one.grid ?? NOTHING];
  return table(["role", "person", "area", "grid"], told.map((one) => el("tr", {}, ...cells(one).map((text) => el("td", {}, text)))));
}

/** Who returned it, what that cost, and who was right in the end. */
function returns(told) {
  const cells = (one) => [instant(one.at), named("department", one.department), spent(one.minutes), named("verdict", one.verdict), one.came_back ? named("mark", "ping_pong") : ""];
  return table(["at", "department", "spent", "verdict", ""], told.map((one) => el("tr", {}, ...cells(one).map((text) => el("td", {}, text)))));
}

const spent = (minutes) => (minutes === null ? NOTHING : lasting(60 * minutes));

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
    if (known("detail", key) && value !== null && value !== "") said.push(`${named("detail", key)} ${meant(key, value)}`);
  }
  if (reason && detail.reason !== reason) said.push(detail.reason);
  return said.join(" · ");
}

const CODED = { outcome: "outcome", satisfaction: "satisfaction", departments: "department", clock: "clock" };

/** What a fact says of itself: codes by their names, instants and lengths of time as people read them. */
function meant(key, value) {
  if (Array.isArray(value)) return value.map((one) => meant(key, one)).join("、");
  if (key === "minutes") return spent(value);
  if (typeof value === "object") return JSON.stringify(value);
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return instant(value);
  const [code, ...which] = String(value).split(":");
  return CODED[key] ? [named(CODED[key], code), ...which.map((one) => named("department", one))].join(" ") : String(value);
}
