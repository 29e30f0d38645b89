// What the site adds to zensical's pages: formulas, the lab in the guide's text, and the way to the
// same place of the page in the other language.

"use strict";

const CHINESE = document.documentElement.lang.startsWith("zh");

const WORDS = {
  lab: ["The lab: the network at work, to try", "实验室：可以动手试的网络"],
  open: ["Open in a page of its own", "在单独的页面打开"],
};

function words(key) {
  return WORDS[key][CHINESE ? 1 : 0];
}

function theme() {
  return document.body.dataset.mdColorScheme === "slate" ? "dark" : "light";
}

/** Set the formulas, which arithmatex has put between \( \) or \[ \]. */
function showFormulas() {
  for (const element of document.querySelectorAll(".arithmatex")) {
    const text = element.textContent.trim();
    const displayMode = text.startsWith("\\[");
    katex.render(text.slice(2, -2), element, { displayMode, throwOnError: false });
  }
}

/** Put the lab's page in its place, in the language and colors of this page. */
function embedLab(place) {
  const address = () =>
    `../lab/index.html#${place.dataset.state}&lang=${CHINESE ? "zh" : "en"}&theme=${theme()}`;
  const frame = document.createElement("iframe");
  frame.title = words("lab");
  frame.loading = "lazy";
  frame.src = `${address()}&embed=1`;
  const link = document.createElement("a");
  link.textContent = words("open");
  link.href = address();
  link.target = "_blank";
  place.append(frame, link);
  // From the file system each page is an origin of its own: the two can only send messages.
  addEventListener("message", (event) => {
    if (event.source === frame.contentWindow && Number.isFinite(event.data?.height))
      frame.style.height = `${event.data.height}px`;
  });
  new MutationObserver(() => {
    link.href = address();
    frame.contentWindow.postMessage({ theme: theme() }, "*");
  }).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
}

/** Return the headings: both languages have the same ones, in the same order. */
function headings() {
  return [...document.querySelectorAll("article :is(h1, h2, h3, h4)")];
}

/** Let the link to the other language lead to the same place, and remember the choice. */
function keepPlace(link) {
  link.addEventListener("click", () => {
    const above = headings().filter((it) => it.getBoundingClientRect().top < 120).length;
    link.hash = above > 1 ? `place=${above - 1}` : "";
    try {
      localStorage.setItem("digitlab.language", link.hreflang);
    } catch {
      // The browser keeps nothing: the start page asks it again which language it prefers.
    }
  });
}

function goToPlace() {
  const found = /^#place=(\d+)$/.exec(location.hash);
  const heading = found && headings()[Number(found[1])];
  if (heading) location.replace(`#${heading.id}`);
}

showFormulas();
document.querySelectorAll("div.lab").forEach(embedLab);
document.querySelectorAll("a.language").forEach(keepPlace);
goToPlace();
