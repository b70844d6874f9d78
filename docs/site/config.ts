/** VitePress over the pages that scripts/docsSite.ts has laid out beside this file's copy. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";

const root = fileURLToPath(new URL("..", import.meta.url));

const titleOf = (path: string): string => /^# (.+)$/m.exec(readFileSync(`${root}${path}.md`, "utf8"))?.[1] ?? path;
const page = (path: string) => ({ text: titleOf(path).replaceAll("`", ""), link: `/${path}` });
const pages = (folder: string): string[] =>
  existsSync(`${root}${folder}`)
    ? readdirSync(`${root}${folder}`)
        .filter((name) => name.endsWith(".md"))
        .map((name) => `${folder}/${name.slice(0, -3)}`)
        .sort()
    : [];

/** The SDK's entries; what belongs to one name of them (namespaces) is reached from there. */
const entries = existsSync(`${root}api`)
  ? readdirSync(`${root}api`, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md") && !name.includes("namespaces") && name !== "index.md")
      .map((name) => name.slice(0, -3).replace(/(.)\/index$/, "$1/"))
      .sort()
      .map((name) => ({ text: nameOf(name), link: `/api/${name}` }))
  : [];
function nameOf(entry: string): string {
  if (entry.endsWith("actions")) return "Clients, action by action";
  return `@persona-protocol/sdk${entry === "index/" ? "" : `/${entry.replace(/\/$/, "")}`}`;
}

const guides = ["getting-started", "sdk", "programs", "ingest", "stores", "operations", "errors"].map(
  (name) => `docs/${name}`,
);
const answers = pages("docs/answers").filter((path) => !path.endsWith("/index"));
const others = pages("docs").filter((path) => !guides.includes(path));

export default defineConfig({
  title: "Persona Protocol",
  description: "Encrypted personal data, run only by programs its owner has allowed.",
  cleanUrls: true,
  // The pages are plain Markdown: nothing of a text is a tag, a component or an expression.
  markdown: { html: false, anchor: { slugify } },
  themeConfig: {
    search: { provider: "local" },
    nav: [
      { text: "Guide", link: "/docs/getting-started" },
      { text: "Questions", link: "/docs/answers/" },
      { text: "Specification", link: "/docs/protocol" },
      { text: "API", link: "/api/" },
    ],
    sidebar: [
      { text: "Guides", items: guides.map(page) },
      { text: "Questions", items: answers.map(page) },
      { text: "The SDK, name by name", collapsed: true, items: entries },
      { text: "All else", collapsed: true, items: ["SECURITY", "CONTRIBUTING", "CHANGELOG", ...others].map(page) },
    ],
  },
});

/** As GitHub names headings: links are written for both. */
function slugify(title: string): string {
  return title
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
    .replaceAll(" ", "-");
}
