/** The board's own words in both languages; those of figures, facts and places come from the server. */

const OWN = {
  skip: ["跳到正文", "skip to content"],
  title: ["网格闭环", "gridloop"],
  overview: ["总览", "Overview"],
  cases: ["案件", "Cases"],
  letters: ["死信", "Dead letters"],
  place: ["地方", "Place"],
  window: ["范围", "Window"],
  today: ["今日", "Today"],
  week: ["近七日", "7 days"],
  month: ["本月", "Month"],
  all: ["全部", "All"],
  language: ["English", "中文"],
  live: ["实时", "live"],
  stale: ["数据陈旧", "stale"],
  lost: ["连接中断", "disconnected"],
  waiting: ["连接中", "connecting"],
  ago: ["前", "ago"],
  as_of: ["截至", "as of"],
  known_at: ["按当时所知", "as known at"],
  back_to_live: ["回到实时", "back to live"],
  open_now: ["在办案件", "Open cases"],
  course: ["立案与结案", "Filed and closed"],
  filed: ["立案", "filed"],
  closed: ["结案", "closed"],
  map: ["网格地图", "Grid map"],
  streets_area: ["街镇在办", "Open by street"],
  by_backlog: ["在办", "open"],
  by_on_time: ["按期率", "on time"],
  departments: ["部门", "Departments"],
  streets: ["街镇", "Streets"],
  sources: ["来源", "Sources"],
  ahead: ["将到时限", "Deadlines ahead"],
  lately: ["刚刚发生", "Just now"],
  system: ["系统", "System"],
  none: ["暂无", "nothing yet"],
  unknown: ["未填", "not given"],
  case_id: ["案件编号", "case"],
  deadline: ["时限", "deadline"],
  state: ["状态", "state"],
  text: ["内容", "text"],
  at: ["时刻", "at"],
  left: ["剩余", "left"],
  filed_at: ["立案时间", "filed"],
  closed_at: ["结案时间", "closed"],
  occurred_at: ["上报时间", "reported"],
  intake: ["受理", "intake"],
  tickets: ["归户", "tickets"],
  casework: ["办案", "casework"],
  sink: ["入库", "sink"],
  lag: ["在途", "in flight"],
  stages: ["各环节", "by stage"],
  facts_minute: ["近一分钟入库事实", "facts stored, last minute"],
  last_fact: ["最新事实距今", "since the last fact"],
  broker_away: ["消息总线不可达", "broker away"],
  store_away: ["引擎不可达", "engine away"],
  restarts: ["次重启", "restarts"],
  ready: ["就绪", "ready"],
  starting: ["启动中", "starting"],
  restarting: ["重启中", "restarting"],
  stopping: ["停止中", "stopping"],
  stopped: ["已停", "stopped"],
  failed: ["失败", "failed"],
  behind: ["数字背后的案件", "cases behind the figure"],
  numerator: ["分子", "numerator"],
  denominator: ["分母", "denominator"],
  pages: ["页", "page"],
  previous: ["上一页", "previous"],
  next: ["下一页", "next"],
  reports: ["上报", "Reports"],
  posted: ["属地任职", "Who is posted there"],
  role: ["角色", "role"],
  person: ["人员", "person"],
  area: ["社区/村", "area"],
  grid: ["网格", "grid"],
  routing: ["派遣依据", "Routing"],
  clocks: ["时限与依据", "Clocks, and why this deadline"],
  timeline: ["经过", "Timeline"],
  tasks: ["吹哨报到", "Whistles"],
  returns: ["退单", "Returns"],
  marks: ["标记", "Marks"],
  outcome: ["结果", "outcome"],
  department: ["部门", "department"],
  assisting: ["协办", "assisting"],
  level: ["层级", "level"],
  from: ["从", "from"],
  to: ["到", "to"],
  counted: ["计时", "counted"],
  why: ["依据", "why"],
  spent: ["用时", "took"],
  verdict: ["有无道理", "verdict"],
  paused: ["挂账", "paused"],
  extended: ["延期", "extended"],
  calendar: ["日历", "calendar"],
  withdrawn: ["已撤回", "withdrawn"],
  called: ["吹哨", "called"],
  arrived: ["报到", "arrived"],
  finished: ["办结", "finished"],
  reason: ["原因", "reason"],
  detail: ["说明", "detail"],
  origin: ["来处", "origin"],
  sender: ["发送方", "sender"],
  refused_at: ["拒收时刻", "refused"],
  retry: ["重发", "retry"],
  sent_again: ["已重发", "sent again"],
  sign_in: ["登录", "Sign in"],
  sign_out: ["退出", "Sign out"],
  token: ["口令", "token"],
  read_only: ["只读:没有设口令", "read-only: no token is set"],
  sign_in_why: ["登录后可重发", "who is signed in may send one again"],
  read_further: ["其余见", "the others:"],
};

const wanted = new URLSearchParams(location.search).get("lang");
export const EN = Number((wanted ?? localStorage.getItem("lang") ?? "zh") === "en");
document.documentElement.lang = EN ? "en" : "zh-CN";

/** One of the board's own words. */
export const word = (key) => OWN[key][EN];

/** Whether the board has a word of its own for it. */
export const hasWord = (key) => Object.hasOwn(OWN, key);

const tables = {};

/** Take in tables of words: by what they are of, then by code, in both languages. */
export function learn(more) {
  for (const [of, words] of Object.entries(more)) tables[of] = { ...tables[of], ...words };
}

/** What a code means; the code itself where nobody has said, a word for none where there is none. */
export function named(of, code) {
  if (code === null || code === undefined || code === "") return word("unknown");
  return tables[of]?.[code]?.[EN] ?? code;
}

/** Whether there is a word for a code. */
export const known = (of, code) => Object.hasOwn(tables[of] ?? {}, code);

/** Change to the other language, here and for later visits. */
export function otherLanguage() {
  localStorage.setItem("lang", EN ? "zh" : "en");
  const here = new URL(location.href);
  here.searchParams.delete("lang");
  location.replace(here);
}
