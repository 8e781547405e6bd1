/** Every page: the words, the head, and the module of the page that the address names. */
import { get } from "./address.js";
import { el, write } from "./dom.js";
import { head } from "./head.js";
import { EN, learn, word } from "./words.js";

const PAGES = { "/": "overview", "/cases": "cases", "/case": "case", "/dead-letters": "letters" };
const AGAIN_MS = 3_000;

async function start() {
  for (const node of document.querySelectorAll("[data-word]")) write(node, word(node.dataset.word));
  const main = document.getElementById("main");
  try {
    const [words, places, profile] = await Promise.all([get("/api/words"), get("/api/places"), get("/api/profile")]);
    learn(words);
    learn(profile.names);
    head(places, profile);
    document.title = `${profile.name[EN]} · ${word("title")}`;
    const page = await import(`./${PAGES[location.pathname]}.js`);
    await page.show(main, profile);
  } catch (why) {
    main.replaceChildren(el("p", { class: "problem", role: "alert" }, why.message));
    if (!document.getElementById("head").children.length) setTimeout(start, AGAIN_MS);
  }
}

await start();
