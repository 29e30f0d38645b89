// How log_softmax makes probabilities of scores: e to the power of each score, as a share of all.

import { h, fill } from "../shell/dom.js";
import { number, percent } from "../shell/format.js";
import { get, set } from "../shell/state.js";
import { t } from "../shell/words.js";

export function softmaxView() {
  const table = h("table.softmax");
  const note = h("p.caption");
  const element = h("div.number-body", table, note);

  function update({ scores, largest, powers, total, shares }, { index }) {
    const { network } = { network: get("network") };
    const head = h(
      "thead",
      h(
        "tr",
        ["digit", "score", "power", "share", "log"].map((name) =>
          h("th", { scope: "col" }, t(`softmax.${name}`)),
        ),
      ),
    );
    const rows = network.classes.map((name, i) => {
      const bar = h("span.share-bar");
      bar.style.width = `${Math.round(110 * shares[i])}px`;
      return h(
        i === index[0] ? "tr.chosen-row" : "tr",
        { onclick: () => set({ number: [i] }) },
        h("th", { scope: "row" }, name),
        h("td", number(scores[i])),
        h("td", power(powers[i])),
        h("td.share-cell", bar, percent(shares[i])),
        h("td", number(Math.log(shares[i]) || scores[i] - largest - Math.log(total))),
      );
    });
    const foot = h(
      "tfoot",
      h(
        "tr",
        h("th", { scope: "row" }, t("softmax.sum")),
        h("td"),
        h("td", power(total)),
        h("td.share-cell", "100%"),
        h("td"),
      ),
    );
    fill(table, h("caption.live", t("softmax.caption")), head, h("tbody", rows), foot);
    fill(
      note,
      t("softmax.note", { largest: number(largest) }),
      network.temperature === 1
        ? ""
        : ` ${t("softmax.temperature", { temperature: number(network.temperature, 3) })}`,
    );
  }

  return { element, update, play: null };
}

/** Write a power of e: 0.0123, and very small ones as 1.2 × 10⁻⁹. */
function power(value) {
  if (value >= 0.0005 || value === 0) return number(value, 4);
  const exponent = Math.floor(Math.log10(value));
  const digits = String(-exponent).replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
  return `${number(value / 10 ** exponent, 1)}×10⁻${digits}`;
}
