// What the site's tests ask of a page: each returns what is wrong, or shown.

const luminance = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map((v) => v / 255)
  .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const all = (selector) => [...document.querySelectorAll(selector)];
const told = (elements) => elements.map((e) => e.outerHTML.slice(0, 120));

// The contrast of every letter inside a picture, which axe does not look at.
const paleLetters = () => {
  const paper = luminance(getComputedStyle(document.body).backgroundColor);
  const ratio = (colour) => {
    const ink = luminance(colour);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  };
  return all("figure svg text")
    .map((text) => [text.textContent, ratio(getComputedStyle(text).fill)])
    .filter(([, contrast]) => !(contrast >= 4.5));
};

// Letters of a picture, in CSS pixels as drawn.
const tinyLetters = () => all("figure svg text")
  .map((text) => {
    const { a, b } = text.getScreenCTM();  // b: of a text that stands upright
    return [text.textContent,
            parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b)];
  })
  .filter(([, size]) => size < 8.5);

const overflow = () => {
  const wide = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth <= wide ? [] :
    told(all("main *").filter((e) => e.getBoundingClientRect().right > wide + 1
                              && !e.parentElement.closest(".scroll, pre, .text_html")));
};

const silent = () => told(all("main img, main svg[role=img]")
  .filter((e) => !(e.alt || e.getAttribute("aria-label")) || !e.clientWidth));

const repeatedIds = () => {
  const ids = all("[id]").map((e) => e.id);
  return ids.filter((id, at) => ids.indexOf(id) !== at);
};

// Text and shapes with too little contrast on white paper, and with it, backgrounds that
// a printer leaves out by default, so that white is what lies behind every letter.
const paleOnPaper = () => {
  const onWhite = (colour) => 1.05 / (luminance(colour) + 0.05);
  const shown = (e) => e.checkVisibility({ opacityProperty: true });
  const isClear = (colour) => colour === "none" || /, 0\)$/.test(colour);
  const letters = all("body *").filter((e) => shown(e)
    && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((e) => [e, e.closest("svg") ? "fill" : "color", 4.5]);
  const lines = all("figure svg :is(path, line, use)").map((e) => [e, "stroke", 3]);
  return [...letters, ...lines]
    .map(([e, property, least]) => [e, getComputedStyle(e)[property], least])
    .filter(([, colour, least]) => !isClear(colour) && onWhite(colour) < least)
    .map(([e, colour]) => `${e.outerHTML.slice(0, 80)} ${colour}`);
};

const cutOff = () => told(all("main *")
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1
                 && e.checkVisibility() && !e.closest("svg, .sr-only")));

// What helps on a screen and has no place on paper.
const furniture = () => all(
  ".top, .book-nav, .page-toc, .neighbours, .copy, .skip-link, dialog, body > footer"
).filter((e) => e.checkVisibility()).map((e) => e.className);

// Which boxes are not as high as the style sheet makes them before they are laid out.
const wrongHeights = () => all(".highlight[style], .drawing")
  .map((box) => {
    const height = () => box.getBoundingClientRect().height;
    box.style.contentVisibility = "hidden";
    const before = height();
    box.style.contentVisibility = "visible";
    return [before, height(), box.textContent.trim().slice(0, 40)];
  })
  .filter(([before, real]) => !(real > 8 && Math.abs(before - real) < 1));
