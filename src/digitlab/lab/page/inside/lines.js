// The lines of forward as a vertical list of tabs: the size and number of the maps that each line
// leaves, its code, and how many parameters it has.

import { h, fill, setAttributes, setText, svg } from "../shell/dom.js";
import { number, shapeText } from "../shell/format.js";
import { get, set, watch } from "../shell/state.js";
import { t } from "../shell/words.js";

export function startLines(root) {
  let tabs = [];

  function build() {
    const network = get("network");
    if (!network) return;
    const shapes = get("reading").pass.shapes;
    const counts = network.lines.map((line) => parameters(network, line));
    const most = Math.max(...counts);
    tabs = shapes.map((shape, line) =>
      tab(network, line, shape, line === 0 ? 0 : counts[line - 1], most),
    );
    fill(
      root,
      h(
        "div.lines",
        { role: "tablist", "aria-orientation": "vertical", "aria-label": t("lines.label") },
        tabs,
      ),
    );
    show();
  }

  function show() {
    tabs.forEach((tab, line) =>
      setAttributes(tab, {
        "aria-selected": line === get("line"),
        tabindex: line === get("line") ? 0 : -1,
      }),
    );
    const chosen = tabs[get("line")];
    if (chosen && root.scrollHeight > root.clientHeight)
      root.scrollTop =
        chosen.offsetTop - root.offsetTop - (root.clientHeight - chosen.clientHeight) / 2;
  }

  root.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const ends = { Home: 0, End: tabs.length - 1 };
    const to = step ? get("line") + step : ends[event.key];
    if (to === undefined || !tabs[to]) return;
    event.preventDefault();
    set({ line: to });
    tabs[to].focus();
  });
  let built = null;
  watch(["reading", "line", "language"], (changed) => {
    if (!get("reading")) return;
    const isNew = built !== get("network") || changed.has("language");
    built = get("network");
    if (isNew) build();
    else if (changed.has("line")) show();
  });
}

/** Return how many weights a line has; running averages are not counted. */
function parameters(network, { layer }) {
  if (!layer) return 0;
  return ["weight", "bias"].reduce(
    (sum, part) => sum + (network.weights[`${layer}.${part}`]?.length ?? 0),
    0,
  );
}

function tab(network, line, shape, count, most) {
  const code = line === 0 ? "x" : network.lines[line - 1].code;
  const bar = count ? h("span.weights", h("span.weight-bar"), h("span.count")) : null;
  if (bar) {
    bar.firstChild.style.width = `${Math.max(3, Math.round((112 * count) / most))}px`;
    setText(bar.lastChild, t("lines.parameters", { count: number(count, 0) }));
  }
  return h(
    "button.line",
    {
      type: "button",
      role: "tab",
      id: `line-${line}`,
      "aria-controls": "stage",
      onclick: () => set({ line }),
    },
    glyph(shape),
    h("span.source", h("code", emphasized(code)), bar),
    h("span.shape", shapeText(shape)),
  );
}

/** Return code with the name of what is called set off: x = F.relu(x). */
function emphasized(code) {
  const found = /^(.*?)((?:self|F|x)\.)?(\w+)(\(.*)$/.exec(code);
  if (!found) return [code];
  const [, before, owner = "", name, after] = found;
  return [before, h("span.owner", owner), h("b", name), after.replace(", dtype=torch.float32", "")];
}

/** Return a picture of a tensor: as many sheets as maps (up to five), or a bar for a row of values. */
function glyph(shape) {
  const picture = svg("svg.glyph", { viewBox: "0 0 34 24", "aria-hidden": "true" });
  if (shape.length === 1) {
    const height = Math.min(22, 3 + 3.4 * Math.log2(shape[0] / 5));
    picture.append(svg("rect.solid", { x: 7, y: 12 - height / 2, width: 3, height }));
    return picture;
  }
  const [channels, height, width] = shape;
  const sheets = channels === 1 ? 1 : Math.min(5, 1 + Math.ceil(Math.log2(channels)));
  const [w, h] = [width, height].map((side) => 4 + side * 0.45);
  const step = sheets === 1 ? 0 : Math.min(3.4, (32 - w) / (sheets - 1));
  for (let i = 0; i < sheets; i++) {
    picture.append(
      svg("rect.sheet", {
        x: 1 + i * step,
        y: 12 - h / 2 + (i - (sheets - 1) / 2) * 1.2,
        width: w,
        height: h,
      }),
    );
  }
  return picture;
}
