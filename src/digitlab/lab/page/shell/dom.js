// A tiny builder of elements, and what every part needs from the document: tooltips and the line
// that screen readers read out.

const SVG = "http://www.w3.org/2000/svg";

/** Build an element: h("button.quiet#undo", {onclick: undo, "aria-label": "…"}, "Undo"). */
export function h(selector, ...rest) {
  return build((tag) => document.createElement(tag), selector, rest);
}

/** The same for SVG: svg("path", {d: "M0 0h8"}). */
export function svg(selector, ...rest) {
  return build((tag) => document.createElementNS(SVG, tag), selector, rest);
}

function build(create, selector, rest) {
  const [tag, ...names] = selector.split(/(?=[.#])/);
  const element = create(tag);
  for (const name of names) {
    if (name[0] === "#") element.id = name.slice(1);
    else element.classList.add(name.slice(1));
  }
  const hasAttributes = rest.length > 0 && isPlain(rest[0]);
  if (hasAttributes) setAttributes(element, rest[0]);
  element.append(
    ...rest
      .slice(hasAttributes ? 1 : 0)
      .flat(Infinity)
      .filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

function isPlain(value) {
  return (
    value !== null && typeof value === "object" && !(value instanceof Node) && !Array.isArray(value)
  );
}

/** Set attributes, `on…` listeners and `dataset`; `null` removes an attribute. */
export function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (value === null || value === undefined) element.removeAttribute(name);
    else if (typeof value === "boolean" && !name.startsWith("aria-"))
      element.toggleAttribute(name, value);
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
  }
}

/** Change a text only if it differs, so that nothing is laid out anew while drawing. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Replace what an element contains. */
export function fill(element, ...children) {
  element.replaceChildren(
    ...children
      .flat(Infinity)
      .filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

let saying = 0;

/** Have screen readers read a sentence out; of several in a row, only the last. */
export function say(sentence) {
  clearTimeout(saying);
  saying = setTimeout(() => setText(document.getElementById("live"), sentence), 150);
}

let tip = null;

/** Show a tooltip next to a point of the window; `null` hides it. */
export function showTip(content, x = 0, y = 0) {
  if (content === null) {
    if (tip) tip.hidden = true;
    return;
  }
  if (!tip) {
    tip = h("div.tip", { "aria-hidden": "true" });
    document.body.append(tip);
  }
  tip.hidden = false;
  fill(tip, content);
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.max(8, Math.min(x + 14, window.innerWidth - width - 8));
  const top = y - height - 12 < 8 ? y + 22 : y - height - 12;
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

/** Whether the reader has asked their system for less movement. */
export function prefersStillness() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
