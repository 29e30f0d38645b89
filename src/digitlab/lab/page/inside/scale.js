// The legend of the colors: one scale for all values of the chosen line.

import { h, fill, setText } from "../shell/dom.js";
import { number } from "../shell/format.js";
import { paintMap, scaleOf } from "../shell/paint.js";
import { get, watch } from "../shell/state.js";
import { t } from "../shell/words.js";

export function startScale(root) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const [least, most] = [h("span"), h("span")];
  const words = h("p.caption");
  fill(
    root,
    h("div.legend", canvas, h("div.ends", { role: "img" }, least, h("span", "0"), most)),
    words,
  );
  const ramp = Float32Array.from({ length: 255 }, (_, i) => i - 127);

  watch(["reading", "line", "theme", "language"], () => {
    const reading = get("reading");
    if (!reading) return;
    const scale = scaleOf(
      reading.pass.values[Math.min(get("line"), reading.pass.values.length - 1)],
    );
    paintMap(canvas, ramp, 1, 255, 127);
    setText(least, number(-scale, 1));
    setText(most, `+${number(scale, 1)}`);
    root
      .querySelector(".ends")
      .setAttribute(
        "aria-label",
        t("scale.label", { least: number(-scale, 1), most: number(scale, 1) }),
      );
    setText(words, t("scale.words"));
  });
}
