// The search itself. The build puts it before the index, in one file, which the site's
// script loads when a reader first searches. A word is found in other forms: another
// ending, hyphen, accent, spelling or blank, and, if nothing else is, with one wrong letter.
"use strict";
window.makeSearch = (sections) => {
  const WORD = /\.?\d+(?:[.,\u00a0\u2009\u202f]\d+)*(?:\s?(?:%|per ?cent\b|[mµμn]?s\b|[kmgt]i?b\b))?|[\p{L}\p{M}\p{N}]+(?:['’]\p{L}+)?/giu;
  const STOP = new Set("a an and are as at be by do for from how i in is it of on or that the to what when why with you".split(" "));
  const LETTERS = { ø: "o", ł: "l", đ: "d", ß: "ss", æ: "ae", œ: "oe", ı: "i" };
  const ENDING = /(?<=.{4})(?:ations?|e?ments?|ions?|ings?|ies|ness|able|ers?|ors?|ed|(?<=[sxh])es|ly|y|s)$|(?<=.{5})e$/;
  const [IN_TEXT, IN_PAGE_TITLE, IN_HEADING] = [1, 4, 16];

  const foldNumber = (text) => {
    const [, digits, unit] = /^([\d.,\s]+)(.*)$/.exec(text);
    const plain = digits.trim().replace(/[,\s](?=\d{3}(?!\d))/g, "").replace(",", ".");
    return (Number.isNaN(Number(plain)) ? plain : Number(plain)) + unit.replace(/^per ?cent$/, "%");
  };
  // One spelling of a word: no accents, no capitals, British or American alike.
  const fold = (text) => {
    const plain = text.normalize("NFKD").toLowerCase().replace(/\p{M}|['’]s$|['’]/gu, "")
      .replace(/[øłđßæœı]/g, (letter) => LETTERS[letter]);
    if (/^\.?\d/.test(plain)) return foldNumber(plain);
    return plain.replaceAll("z", "s").replace(/(?<=[a-z]{3})our/g, "or").replace("ogue", "og");
  };
  const single = (word) => (word.length < 4 ? word : word.replace(/([a-z])\1/g, "$1"));
  const termOf = (text) => single(fold(text));
  const rootOf = (text) => single(fold(text).replace(ENDING, ""));
  const isNumber = (term) => /^\d/.test(term);
  const tokens = (text) => [...text.matchAll(WORD)].map(({ 0: as, index: at }) => ({ as, at, term: termOf(as) }));

  const entries = sections.map((section) => {
    const terms = new Map();
    const add = (term, where) => terms.set(term, terms.get(term) | where);
    const read = (text, where) => tokens(text).map((token, i, all) => {
      const before = all[i - 1];
      add(token.term, where);
      const gap = before && text.slice(before.at + before.as.length, token.at);
      if (/^[-\u2010\u2011]$/.test(gap)) add(termOf(before.as + token.as), where);
      return token.term;
    });
    read(section.p, IN_PAGE_TITLE);
    read(section.h, IN_HEADING);
    return { section, terms, line: ` ${read(section.t, IN_TEXT).join(" ")} ` };
  });
  const vocabulary = [...new Set(entries.flatMap(({ terms }) => [...terms.keys()]))];

  // How well a term of the book fits a word: itself, one that begins so, another ending.
  const fit = (word, root, term) => {
    if (term === word) return 4;
    if (isNumber(word)) return term.startsWith(word) && /^[^\d.]/.test(term.slice(word.length)) ? 3 : 0;
    if (word.length < 3) return 0;
    return term.startsWith(word) ? 2 : Number(term.startsWith(root));
  };
  const direct = (text) => {
    const [word, root] = [termOf(text), rootOf(text)];
    return vocabulary.map((term) => [term, fit(word, root, term)]).filter(([, how]) => how);
  };
  // Whether two words differ by one letter more, less or other, or by two swapped.
  const oneOff = (a, b) => {
    let i = 0;
    while (i < a.length && a[i] === b[i]) i += 1;
    const [restA, restB] = [a.slice(i), b.slice(i)];
    return restA.slice(1) === restB || restA === restB.slice(1) || restA.slice(1) === restB.slice(1)
      || (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2));
  };
  // What is tried where nothing fits: a number with another unit, a word with one wrong letter.
  const nearly = (text) => {
    const [word, root] = [termOf(text), rootOf(text)];
    if (isNumber(word)) return direct(String(parseFloat(word)));
    if (word.length < 4 || /\d/.test(word)) return [];
    const sizes = root.length < 5 ? [] : [-1, 0, 1].map((more) => root.length + more);
    return vocabulary.filter((term) => !isNumber(term) && (oneOff(word, term)
      || (root.length > 3 && oneOff(root, rootOf(term)))
      || sizes.some((size) => size <= term.length && oneOff(root, term.slice(0, size)))))
      .map((term) => [term, 1]);
  };
  // Two words of the book that the reader wrote as one.
  const parted = (word) => {
    for (let cut = 2; cut < word.length - 1; cut += 1) {
      const phrase = [word.slice(0, cut), word.slice(cut)];
      if (entries.some(({ line }) => line.includes(` ${phrase.join(" ")}`))) return phrase;
    }
    return null;
  };

  const parse = (text) => {
    const all = tokens(text);
    const words = all.filter(({ term }) => !STOP.has(term));
    return (words.length ? words : all).flatMap((word) => {
      const i = all.indexOf(word);
      const joined = [all[i - 1] && all[i - 1].as + word.as, all[i + 1] && word.as + all[i + 1].as]
        .filter((as) => as && as.length > 3 && !/^\d/.test(as)).flatMap(direct);
      const found = [...joined, ...direct(word.as)];
      if (found.length) return [{ found }];
      const parts = parted(word.term);
      if (parts) return parts.map((part) => ({ found: direct(part) }));
      return [{ found: nearly(word.as), typed: word.as }];
    }).map((word) => ({ ...word, found: new Map(word.found) }));
  };

  const excerpt = (text, words) => {
    const hits = tokens(text).flatMap(({ at, term }) =>
      words.flatMap(({ found }, word) => (found.has(term) ? [{ at, word }] : [])));
    const near = (hit) => new Set(hits.filter(({ at }) => at >= hit.at && at < hit.at + 120)
      .map(({ word }) => word)).size;
    const best = hits.reduce((a, b) => (near(b) > near(a) ? b : a), { at: 0 });
    const from = Math.max(0, best.at - 60);
    return (from ? "…" : "") + text.slice(from, from + 180) + (from + 180 < text.length ? "…" : "");
  };
  const told = (count, missing, words) => {
    const sections = count === 1 ? "1 section" : `${count} sections`;
    const typed = words.filter((word) => word.typed && word.found.size).map((word) => `“${word.typed}”`);
    if (count && missing) return `${sections} with some of the words, none with all`;
    return typed.length ? `${sections} with words like ${typed.join(", ")}` : sections;
  };

  // The best sections for what the reader typed, and a line that tells how many there are.
  return (text, most = 20) => {
    const words = parse(text);
    const scored = entries.map((entry) => {
      const points = words.map(({ found }) => {
        let best = 0;
        found.forEach((how, term) => (best = Math.max(best, how * (entry.terms.get(term) || 0))));
        return best;
      });
      return { entry, has: points.filter(Boolean).length, points: points.reduce((a, b) => a + b, 0) };
    });
    const has = Math.max(0, ...scored.map((one) => one.has));
    const hits = scored.filter((one) => has && one.has === has).sort((a, b) => b.points - a.points);
    return {
      status: told(hits.length, has < words.length, words),
      hits: hits.slice(0, most).map(({ entry: { section } }) =>
        ({ ...section, excerpt: excerpt(section.t, words) })),
    };
  };
};
