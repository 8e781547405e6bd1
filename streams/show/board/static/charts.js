/** The two drawings: the window's course, and where what is open lies. */
import { address } from "./address.js";
import { Kept, el, write } from "./dom.js";
import { percent } from "./format.js";
import { EN, named, word } from "./words.js";

const STILL = matchMedia("(prefers-reduced-motion: reduce)").matches;
const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(`--${name}`).trim();
const FONT = '"Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif';

function drawing(node) {
  const chart = echarts.init(node, null, { renderer: "canvas" });
  new ResizeObserver(() => chart.resize()).observe(node);
  return chart;
}

const base = () => ({
  animation: !STILL,
  animationDuration: 300,
  textStyle: { fontFamily: FONT, color: colour("dim"), fontSize: 11 },
  aria: { enabled: true, label: { enabled: false } },
});

/** Filed and closed, step by step. */
export class Course {
  constructor(zone) {
    this.node = el("div", { class: "chart", role: "img" });
    this.format = (options) => new Intl.DateTimeFormat(EN ? "en-GB" : "zh-CN", { timeZone: zone, ...options });
  }

  show(course) {
    if (!course) return;
    this.chart ??= drawing(this.node);
    const step = course.seconds * 1_000;
    const start = Date.parse(course.start);
    const hours = course.seconds < 86_400;
    const label = this.format(hours ? { hour: "2-digit", minute: "2-digit" } : { month: "2-digit", day: "2-digit" });
    const total = (bars) => bars.reduce((sum, n) => sum + n, 0);
    this.node.setAttribute("aria-label", `${word("filed")} ${total(course.filed)}, ${word("closed")} ${total(course.closed)}`);
    const bars = (name, data, shade) => ({ name, type: "bar", data, barGap: 0, barCategoryGap: "25%", itemStyle: { color: colour(shade) } });
    this.chart.setOption({
      ...base(),
      grid: { left: 34, right: 8, top: 26, bottom: 22 },
      legend: { top: 0, right: 4, itemWidth: 10, itemHeight: 8, textStyle: { color: colour("dim") } },
      xAxis: {
        type: "category",
        data: course.filed.map((_, at) => label.format(start + at * step)),
        axisLine: { lineStyle: { color: colour("line") } },
        axisTick: { show: false },
        axisLabel: { color: colour("dim"), hideOverlap: true },
      },
      yAxis: {
        type: "value",
        minInterval: 1,
        splitLine: { lineStyle: { color: colour("line") } },
        axisLabel: { color: colour("dim") },
      },
      series: [
        bars(word("filed"), course.filed, "filed"),
        bars(word("closed"), course.closed, "green"),
      ],
    });
  }
}

const open = (row) => Object.values(row.lights).reduce((sum, n) => sum + n, 0);
const onTime = (row) => row.figures.on_time_closure_rate ?? { denominator: 0 };

/** Where what is open lies: the place's own grids, or its streets where it has drawn none. */
export class Where {
  constructor(profile) {
    this.shapes = profile.shapes;
    this.field = this.shapes ? "grid" : "street";
    this.node = el("div", { class: "chart", role: "img", "aria-label": this.title() });
    this.measure = "backlog";
    // The drawing answers to a mouse alone: whoever comes by keyboard finds its links as a list.
    this.links = el("ul", { class: "keys", "aria-label": this.title() });
    this.kept = new Kept(
      this.links,
      (one) => one.code,
      () => el("li", {}, el("a", {}, el("span"), el("span"))),
      ({ firstChild: link }, { href, said }) => {
        link.href = href;
        said.split("\n").forEach((text, at) => write(link.children[at], text));
      },
    );
  }

  title() {
    return word(this.shapes ? "map" : "streets_area");
  }

  /** The buttons that choose what the colour tells. */
  choice() {
    const button = (measure, key) =>
      el("button", { type: "button", "aria-pressed": String(measure === this.measure), onclick: () => this.choose(measure) }, word(key));
    this.buttons = { backlog: button("backlog", "by_backlog"), on_time: button("on_time", "by_on_time") };
    return el("div", { class: "choice" }, ...Object.values(this.buttons));
  }

  choose(measure) {
    this.measure = measure;
    for (const [name, button] of Object.entries(this.buttons)) button.setAttribute("aria-pressed", String(name === measure));
    if (this.picture) this.show(this.picture);
  }

  show(picture) {
    this.picture = picture;
    if (!this.chart) {
      this.chart = drawing(this.node);
      if (this.shapes) echarts.registerMap("place", this.shapes);
      this.chart.on("click", ({ data }) => data?.href && location.assign(data.href));
    }
    const rows = picture.by[this.field];
    const most = Math.max(1, ...rows.map(open));
    const data = rows.map((row) => this.shape(row, most, picture));
    this.chart.setOption({ ...base(), series: [this.shapes ? this.map(data) : this.tree(data)] });
    this.kept.show(data);
  }

  shape(row, most, picture) {
    const { numerator, denominator } = onTime(row);
    const rate = denominator ? numerator / denominator : null;
    const name = named(this.field, row.code);
    const said = this.measure === "backlog" ? String(open(row)) : percent(numerator, denominator);
    return {
      code: row.code ?? "",
      name: this.shapes ? row.code : name,
      value: this.shapes ? open(row) : Math.max(open(row), 0.2),
      said: `${name}\n${said}`,
      href: address("/cases", { figure: "backlog", window: "all", [this.field]: row.code ?? "", "as-of": picture.as_of }),
      itemStyle: this.paint(this.measure === "backlog" ? shade(open(row) / most) : temper(rate)),
    };
  }

  paint(tone) {
    return this.shapes ? { areaColor: tone, borderColor: colour("ground") } : { color: tone };
  }

  tree(data) {
    return {
      type: "treemap",
      data,
      left: 0, right: 0, top: 0, bottom: 0,
      roam: false, nodeClick: false, breadcrumb: { show: false },
      itemStyle: { borderColor: colour("panel"), borderWidth: 0, gapWidth: 2 },
      label: { color: colour("text"), fontSize: 12, lineHeight: 17, formatter: ({ data: one }) => one.said ?? "" },
    };
  }

  map(data) {
    return {
      type: "map", map: "place", data, roam: false, selectedMode: false,
      itemStyle: { areaColor: colour("panel"), borderColor: colour("line") },
      label: { show: data.length < 60, color: colour("text"), fontSize: 10, formatter: ({ data: one }) => one?.said ?? "" },
      emphasis: { label: { color: colour("text") }, itemStyle: { areaColor: colour("accent") } },
    };
  }
}

/** From the panel's own tone to full blue: how much is open, of the most. */
const shade = (share) => mix([28, 42, 56], [38, 118, 168], Math.sqrt(share));
/** From red at 80 % on time and less to green at all of it. */
const temper = (rate) => (rate === null ? mix([28, 42, 56], [28, 42, 56], 0) : mix([150, 58, 48], [38, 112, 86], Math.min(1, Math.max(0, (rate - 0.8) / 0.2))));
const mix = (a, b, share) => `rgb(${a.map((from, at) => Math.round(from + (b[at] - from) * share)).join(",")})`;
