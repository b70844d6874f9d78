import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { bundleForBrowser } from "../helpers/browserBundle.ts";

describe("the SDK as a bundle", () => {
  const root = fileURLToPath(new URL("../../sdk", import.meta.url));
  const { exports } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { exports: Record<string, string> };

  for (const [name, file] of Object.entries(exports)) {
    it(`default: ${name} needs nothing that a browser has not`, async () => {
      const { code, imports } = await bundleForBrowser(new URL(`../../sdk/${file}`, import.meta.url));
      expect(imports.filter(({ isLazy }) => !isLazy)).to.deep.equal([]);
      // mlkem asks for Node's, in a branch for a platform without WebCrypto.
      expect(imports.filter(({ path }) => path !== "crypto")).to.deep.equal([]);
      expect(code).not.to.match(/\b(?:from|import|require)\s*\(?\s*["']node:/);
    });
  }

  it("error: a module that imports from Node makes no bundle", async () => {
    const module = new URL("../helpers/findServer.ts", import.meta.url);
    const failure = await bundleForBrowser(module).then(
      () => "",
      (error: unknown) => String(error),
    );
    expect(failure).to.include('Could not resolve "node:child_process"');
  });
});
