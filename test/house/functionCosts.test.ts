import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readGas } from "../../scripts/test/gasSnapshot.ts";
import * as abis from "../../sdk/src/contracts/abis.ts";
import { repository } from "./house.ts";

const read = (path: string) => readFileSync(join(repository, path), "utf8");

/** The rows of docs/protocol.md, section 8, one a function. */
function rows(): { readonly contract: string; readonly name: string; readonly gas: string; readonly cells: number }[] {
  const text = read("docs/protocol.md");
  const section = text.slice(text.indexOf("## 8. Functions"), text.indexOf("## 9. "));
  let contract = "";
  return section.split("\n").flatMap((line) => {
    contract = /^#+ 8\.\d+ (\w+)$/.exec(line)?.[1] ?? contract;
    if (!line.startsWith("| `")) return [];
    const cells = line.split("|").slice(1, -1);
    const names = [...(cells[0] ?? "").matchAll(/`([\w.]+)(?:\([^`]*\))?`/g)].map(([, name = ""]) => name);
    const gas = (cells[3] ?? "").trim().split(", ");
    let owner = contract;
    return names.map((name, n) => {
      const [first = "", second] = name.split(".");
      if (second !== undefined) owner = first;
      return { contract: owner, name: second ?? first, gas: gas[n] ?? gas[0] ?? "", cells: cells.length };
    });
  });
}

describe("docs/protocol.md, what each function costs", () => {
  const snapshot = readGas(join(repository, "test/contracts/gas/snapshot.json"));
  const measured = read("docs/gas.md");

  it("default: every function that changes state has a row", () => {
    const named = new Set(rows().map(({ contract, name }) => `${contract}.${name}`));
    const missing = Object.entries(abis).flatMap(([constant, abi]) => {
      const contract = `${constant[0]?.toUpperCase()}${constant.slice(1).replace(/Abi$/, "")}`;
      if (!rows().some((row) => row.contract === contract)) return [];
      const changing = abi.filter(
        (part) => part.type === "function" && /^(nonpayable|payable)$/.test(part.stateMutability),
      );
      return changing.flatMap((part) => {
        const name = `${contract}.${"name" in part ? part.name : ""}`;
        return named.has(name) || name.endsWith(".setAuthority") ? [] : [name];
      });
    });
    expect(missing).to.deep.equal([]);
  });

  it("default: what it costs is what the gas tests or the bench have measured", () => {
    const wrong = rows().flatMap(({ contract, name, gas, cells }) => {
      if (cells !== 5) return [`${contract}.${name} has ${cells} cells`];
      if (gas === "–") return contract === "NodeRegistry" ? [] : [`${contract}.${name} has no figure`];
      if (/^in /.test(gas)) return [];
      const row = /^`(\w+)`$/.exec(gas)?.[1];
      if (row !== undefined) return measured.includes(`| \`${row}\` |`) ? [] : [`${row} is no row of docs/gas.md`];
      const figures = Object.entries(snapshot[contract] ?? {}).flatMap(([call, figure]) =>
        call === name || call.startsWith(`${name} (`) ? [figure] : [],
      );
      const inBench = measured.split("\n").filter((line) => line.includes(`\`${name}\``));
      for (const [, figure = ""] of inBench.join("\n").matchAll(/\| ([\d,]+) \|/g))
        figures.push(Number(figure.replaceAll(",", "")));
      const said = Number(/^(\d+)k( for \d+)?$/.exec(gas)?.[1]);
      return figures.some((figure) => Math.round(figure / 1000) === said)
        ? []
        : [`${contract}.${name}: ${gas}, measured ${figures.join(", ") || "nothing"}`];
    });
    expect(wrong).to.deep.equal([]);
  });
});
