/** The stream of what is new: reconnects by itself, and knows how old its values are. */
import { address } from "./address.js";

const OLD_SECONDS = 20;
const AGAIN_MS = 2_000;

export class Live {
  /** `show` is called with the name and the value of each event, `tell` with the state and age. */
  constructor(watch, show, tell) {
    Object.assign(this, { watch, show, tell, connected: false, away: null, read: null });
    this.connect();
    setInterval(() => this.look(), 1_000);
  }

  connect() {
    const source = new EventSource(address("/api/live", { watch: this.watch.join(",") }));
    source.onopen = () => this.turn(true);
    source.onerror = () => {
      this.turn(false);
      if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
      setTimeout(() => this.connect(), AGAIN_MS);
    };
    for (const name of this.watch) {
      source.addEventListener(name, (event) => this.take(name, JSON.parse(event.data)));
    }
  }

  turn(connected) {
    this.connected = connected;
    this.look();
  }

  take(name, message) {
    if (name === this.watch[0]) {
      this.away = message.away;
      if (message.age !== null) this.read = performance.now() / 1_000 - message.age;
    }
    if (message.value !== null) this.show(name, message.value);
    this.look();
  }

  look() {
    const age = this.read === null ? null : performance.now() / 1_000 - this.read;
    const old = age !== null && age > OLD_SECONDS;
    const state = !this.connected ? "lost" : this.away || old ? "stale" : "live";
    this.tell(age === null && state === "live" ? "waiting" : state, age, this.away);
  }
}
