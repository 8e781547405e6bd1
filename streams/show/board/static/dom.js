/** Elements made and kept up to date. What was stored is only ever set as text. */

/** An element: properties, then children; a string becomes a text node. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  add(node, ...children);
  return node;
}

/** Append children; what is null is left out. */
export function add(node, ...children) {
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
}

/** Set a node's text if it is another one: what has not changed is not drawn anew. */
export function write(node, text) {
  const said = String(text);
  if (node.textContent !== said) node.textContent = said;
}

/** Set an attribute if it is another one; null takes it away. */
export function attribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/**
 * Keeps a list of nodes in step with a list of items: an item that stays keeps its node, and with
 * it the reader's focus and selection.
 */
export class Kept {
  constructor(parent, key, build, update) {
    Object.assign(this, { parent, key, build, update, nodes: new Map() });
  }

  show(items) {
    const before = this.nodes;
    this.nodes = new Map();
    items.forEach((item, at) => {
      const key = this.key(item);
      const node = before.get(key) ?? this.build(item);
      before.delete(key);
      this.nodes.set(key, node);
      this.update(node, item);
      const there = this.parent.children[at];
      if (there !== node) this.parent.insertBefore(node, there ?? null);
    });
    for (const node of before.values()) node.remove();
  }
}

/** A panel with its heading; the body scrolls, by keyboard too. */
export function panel(title, name, ...body) {
  const id = `panel-${name}`;
  return el(
    "section",
    { class: `panel ${name}`, "aria-labelledby": id },
    el("h2", { id }, title),
    el("div", { class: "body", tabindex: 0, role: "group", "aria-labelledby": id }, ...body),
  );
}
