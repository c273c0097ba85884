// Theme, chapter menu, copy buttons, scroll boxes, search. No dependency.
"use strict";
const root = document.documentElement;
const all = (selector, from = document) => [...from.querySelectorAll(selector)];

// Theme: the system's until the reader chooses.
const isDark = () =>
  (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches && "dark")) === "dark";
document.querySelector("[data-theme-toggle]").addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch { /* a browser that keeps nothing: the theme holds for this page */ }
});

// The chapter menu of a narrow screen.
const menu = document.querySelector(".menu-button");
const showMenu = (open) => {
  menu.setAttribute("aria-expanded", open);
  document.body.classList.toggle("menu-open", open);
};
menu.addEventListener("click", () => showMenu(menu.getAttribute("aria-expanded") !== "true"));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.classList.contains("menu-open")) {
    showMenu(false);
    menu.focus();
  }
});

// Every box that may scroll sideways is a stop of the keyboard, until it turns out to fit.
// The observer tells of a box when it is laid out: code, when the reader comes near.
const STOP = { tabindex: "0", role: "group", "aria-label": "Wide content: scroll sideways" };
const fitting = new ResizeObserver((entries) => {
  const fits = entries.map(({ target }) => target.scrollWidth <= target.clientWidth + 1);
  entries.forEach(({ target }, place) => Object.entries(STOP).forEach(([name, value]) =>
    fits[place] ? target.removeAttribute(name) : target.setAttribute(name, value)));
});
all("pre, .scroll, div.text_html, .table-wrapper").forEach((box) => fitting.observe(box));

// Copy buttons on code that a reader would run.
// A browser that refuses the clipboard (no https, no leave) is asked in the old way; if
// that fails, too, the code stays selected.
const copy = async (code) => {
  try {
    await navigator.clipboard.writeText(code.innerText);
    return true;
  } catch {
    getSelection().selectAllChildren(code);
    return document.execCommand("copy");
  }
};
document.addEventListener("click", async ({ target }) => {
  if (!target.matches(".copy")) return;
  const isCopied = await copy(target.previousElementSibling);
  target.ariaLive = "polite";
  target.textContent = isCopied ? "Copied" : "Selected: press Ctrl+C";
  setTimeout(() => (target.textContent = "Copy"), isCopied ? 1500 : 6000);
});

// The section that is being read, in the contents of the page.
const links = new Map(all(".page-toc a").map((a) => [a.hash.slice(1), a]));
const watcher = new IntersectionObserver((entries) => {
  const seen = entries.filter((entry) => entry.isIntersecting);
  if (!seen.length) return;
  links.forEach((a) => a.removeAttribute("aria-current"));
  links.get(seen[0].target.id).setAttribute("aria-current", "true");
}, { rootMargin: "0px 0px -75% 0px" });
all("section[id]").filter(({ id }) => links.has(id)).forEach((part) => watcher.observe(part));

// Search: the index and what searches there are loaded when first needed, and asked for
// again if they did not come.
const dialog = document.getElementById("search-dialog");
const [input, status, results] = ["input", ".search-status", ".results"].map((s) =>
  dialog.querySelector(s));
let loading;
const loadIndex = () => loading ||= new Promise((resolve) => {
  const script = document.createElement("script");
  const loaded = () => {
    if (!window.searchBook) loading = script.remove();
    resolve();
  };
  Object.assign(script, {
    src: `${root.dataset.root}_static/search-index.js`, onload: loaded, onerror: loaded,
  });
  document.head.append(script);
});

const item = (hit) => {
  const li = document.createElement("li");
  const a = li.appendChild(document.createElement("a"));
  a.href = root.dataset.root + hit.u;
  a.append(hit.h === hit.p ? hit.h : `${hit.p} › ${hit.h}`);
  li.appendChild(document.createElement("p")).textContent = hit.excerpt;
  return li;
};
const tell = (line, hits = []) => {
  status.textContent = line;
  results.replaceChildren(...hits.map(item));
};

const search = async () => {
  if (input.value.trim() && !window.searchBook) tell("Loading the search index …");
  await loadIndex();
  const typed = input.value.trim();
  if (!typed) return tell("");
  if (!window.searchBook) {
    return tell("The search index did not load. Check your connection, then press Enter.");
  }
  const { status: line, hits } = window.searchBook(typed);
  return tell(line, hits);
};

const openSearch = () => {
  loadIndex();
  dialog.showModal();
  input.select();
};
input.addEventListener("input", search);
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    event.preventDefault();
    if (window.searchBook) results.querySelector("a")?.click();
    else search();
  }
  if (event.key === "Escape") dialog.close(); // else the browser only empties the field
});
results.addEventListener("click", () => dialog.close());
all("[data-search]").forEach((button) => button.addEventListener("click", openSearch));
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey;
  const ctrlK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
  if ((slash || ctrlK) && !dialog.open) {
    event.preventDefault();
    openSearch();
  }
});

// Predictions: who reads the page commits too, before the result is shown.
const SAID = /^Your guess: \S+ ?(.*)\. Change it before you read on\.\s*$/;
const IS = /^You said .*; it is (-?[\d,.]+(?:e[+-]?\d+)?): .*\.\s*$/;
const asText = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });

const distance = (guess, actual) => {
  if (guess === actual) return "your guess is exact";
  if (guess * actual <= 0) return "your guess is on the wrong side of zero";
  const ratio = Math.abs(guess / actual);
  const size = Math.max(ratio, 1 / ratio);
  if (size < 1.5) return `your guess is close (a factor of ${size.toFixed(2)})`;
  return `your guess is ${asText(size)} times too ${ratio > 1 ? "high" : "low"}`;
};

const askFor = (unit, answer) => {
  const form = document.createElement("form");
  form.className = "predict-form";
  const field = Object.assign(document.createElement("input"), {
    type: "number", step: "any", required: true,
  });
  const label = document.createElement("label");
  label.append("Your guess ", field, unit && ` ${unit}`);
  const commit = Object.assign(document.createElement("button"), { textContent: "Commit" });
  const skip = Object.assign(document.createElement("button"), {
    type: "button", textContent: "Skip",
  });
  skip.addEventListener("click", () => answer(null));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(Number(field.value));
  });
  form.append(label, commit, skip);
  return form;
};

const printed = all(".cell_output pre");
printed.forEach((pre, place) => {
  const said = SAID.exec(pre.textContent);
  const reveal = said && printed.slice(place + 1).find((later) => IS.test(later.textContent));
  if (!reveal) return;
  const truth = IS.exec(reveal.textContent)[1];
  reveal.textContent = "Commit to a number above, or skip it; then it is shown here.";
  reveal.setAttribute("aria-live", "polite");
  const form = askFor(said[1], (guess) => {
    const told = guess === null ? "." : `: ${distance(guess, Number(truth.replaceAll(",", "")))}.`;
    const begun = guess === null ? "It is" : `You said ${asText(guess)}; it is`;
    reveal.textContent = `${begun} ${truth}${told}`;
  });
  pre.closest(".cell_output").replaceChildren(form);
});
