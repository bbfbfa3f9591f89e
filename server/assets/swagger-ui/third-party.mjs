// Writes THIRD-PARTY.txt: the packages in swagger-ui-bundle.js and swagger-ui.css, which their source maps name, with
// their licences. npm puts the packages into a temporary directory. It selects versions in the ranges of
// swagger-ui-react, so they can be later than those in the files.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const VERSION = "5.35.0";
// Packages that are no dependencies of swagger-ui-react, because they are in its own files.
const OTHERS = [
  "@braintree/sanitize-url", "buffer", "cookie", "events", "has-proto", "is-plain-object", "normalize.css",
  "object-inspect", "process", "qs", "react-debounce-input", "readable-stream", "redux-immutable",
  "side-channel", "stampit", "stream-browserify", "string_decoder", "tachyons-sass", "traverse",
  "util-deprecate",
];

const directory = mkdtempSync(join(tmpdir(), "third-party-"));
try {
  const npm = (...words) => execFileSync("npm", words, { cwd: directory, stdio: ["ignore", "ignore", "inherit"] });
  const react = "18.3.1";
  const dependencies = { "swagger-ui-dist": VERSION, "swagger-ui-react": VERSION, react, "react-dom": react };
  for (const name of OTHERS) dependencies[name] = "*";
  writeFileSync(join(directory, "package.json"), JSON.stringify({ private: true, dependencies }));
  npm("install", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps", "--loglevel=error");
  const modules = join(directory, "node_modules");
  const sources = ["swagger-ui-bundle.js.map", "swagger-ui.css.map"].flatMap(
    (map) => JSON.parse(readFileSync(join(modules, "swagger-ui-dist", map), "utf8")).sources,
  );
  const named = sources.flatMap((source) => [...source.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)]);
  // tachyons-sass contains normalize.css.
  const packages = new Set([...named.map(([, name]) => name), "normalize.css"]);
  // The packages with each text.
  const texts = new Map();
  for (const name of [...packages].sort()) {
    const { version, license, author } = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
    const title = `${name} ${version} (${license ?? "MIT"})`;
    const found = licences(join(modules, name));
    if (found.length === 0) {
      const holder = typeof author === "object" ? [author.name, author.email].filter(Boolean).join(" ") : author;
      found.push(`The package has no text of its licence. Its author is ${holder}.`);
    }
    for (const text of found) texts.set(text, [...(texts.get(text) ?? []), title]);
  }
  const sections = [...texts].map(([text, titles]) => `${titles.join("\n")}\n\n${text}\n`);
  const subject = `The licences of the packages in swagger-ui-bundle.js and swagger-ui.css ${VERSION}.`;
  const head = `${subject}\nthird-party.mjs writes this file.\n`;
  writeFileSync(new URL("THIRD-PARTY.txt", import.meta.url), [head, ...sections].join(`\n${"=".repeat(80)}\n\n`));
} finally {
  rmSync(directory, { recursive: true });
}

/** The texts of a package's licence and notice files, or of that section of its description. All lines end with \n. */
function licences(path) {
  const entries = readdirSync(path, { withFileTypes: true });
  const files = entries.filter(({ name }) => /^(licen[cs]e|copying|notice)/i.test(name)).flatMap((entry) => {
    const file = join(path, entry.name);
    return entry.isDirectory() ? readdirSync(file).map((name) => join(file, name)) : [file];
  });
  const texts = files.map((file) => readFileSync(file, "utf8"));
  if (texts.length === 0) {
    const readme = readdirSync(path).find((name) => /^readme/i.test(name));
    texts.push(...(readFileSync(join(path, readme), "utf8").match(/^(#+ *)?licen[cs]e\b[^]*/im)?.slice(0, 1) ?? []));
  }
  return texts.map((text) => text.replace(/\r/g, "").replace(/[ \t]+$/gm, "").trim());
}
