// The list of what is stored: each correction with its picture, to be deleted or taken along.

import { h, fill } from "../shell/dom.js";
import * as source from "../shell/source.js";
import { t } from "../shell/words.js";

/** `change(work, said)` changes what is stored. */
export function correctionsList({ change }) {
  const root = h("div.corrections");
  let isAsking = false; // whether everything is to be deleted

  function show(stored) {
    const { corrections, folder } = stored;
    const count = corrections.length;
    const remove = (one) =>
      change(
        () => source.getJSON(`/lab/corrections/${one.id}`, { method: "DELETE" }),
        t("hand.deleted"),
      );
    const removeAll = () => {
      isAsking = false;
      change(() => source.getJSON("/lab/corrections", { method: "DELETE" }), t("hand.deleted"));
    };
    const ask = (value) => {
      isAsking = value;
      show(stored);
      root.querySelector(value ? ".asking .button" : ".tidy .quiet")?.focus();
    };
    const tidy = isAsking
      ? h(
          "div.asking",
          { role: "group" },
          h("span.small", t("hand.delete.sure", { count })),
          h("button.button", { type: "button", onclick: removeAll }, t("hand.delete.yes")),
          h("button.button", { type: "button", onclick: () => ask(false) }, t("hand.delete.no")),
        )
      : h(
          "div.tidy",
          h("button.quiet", { type: "button", onclick: () => ask(true) }, t("hand.delete.all")),
          h(
            "a.quiet",
            { href: "/lab/corrections.zip", download: "corrections.zip" },
            t("hand.download"),
          ),
        );
    fill(
      root,
      h(
        "div.subhead",
        h("h3", t("hand.list")),
        h("p.caption", t(count === 1 ? "hand.count.one" : "hand.count", { count })),
      ),
      count === 0
        ? h("p.soft.small", t("hand.empty"))
        : h(
            "ul.thumbs",
            corrections.toReversed().map((one) => thumb(one, () => remove(one))),
          ),
      count === 0 ? null : h("div.stored-at", h("code.folder", folder), tidy),
    );
  }

  return { element: root, show };
}

function thumb({ id, label, answer }, remove) {
  const words = { answer: answer ?? "–", label };
  const image = h("img", {
    src: `/lab/corrections/${id}.png`,
    width: 64,
    height: 64,
    alt: t("hand.item", words),
    loading: "lazy",
  });
  const button = h(
    "button.remove",
    {
      type: "button",
      "aria-label": t("hand.delete", words),
      title: t("hand.delete", words),
      onclick: remove,
    },
    "×",
  );
  return h(
    "li.thumb",
    h("span.paper", image),
    button,
    h("span.caption", h("s", answer ?? "–"), " → ", h("b", label)),
  );
}
