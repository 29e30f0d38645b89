// The page inside another one, such as the guide: one part, as high as it needs to be, in the colors
// of that page. The two talk by messages, because from the file system each is an origin of its own.

import { get, set, watch } from "./state.js";

export function startEmbedding() {
  if (window.parent === window) return;
  const body = document.body;
  const show = () => body.toggleAttribute("data-embed", get("embed") === "1");
  watch(["embed"], show);
  show();
  addEventListener("message", (event) => {
    const wanted = event.source === window.parent ? event.data?.theme : null;
    if (wanted === "light" || wanted === "dark") set({ theme: wanted });
  });
  const report = () => window.parent.postMessage({ height: Math.ceil(body.scrollHeight) }, "*");
  new ResizeObserver(report).observe(body);
}
