// The start page: go to the language that the reader chose last, or the browser prefers.

function chosen() {
  try {
    return localStorage.getItem("digitlab.language");
  } catch {
    return null; // the browser keeps nothing
  }
}

const preferred = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
location.replace(`${["en", "zh"].includes(chosen()) ? chosen() : preferred}/index.html`);
