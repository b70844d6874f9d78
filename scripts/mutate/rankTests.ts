import type { Mutant } from "./Mutant.ts";

const KEPT = 5;

/** Of the tests that failed, those first that are about the changed function, then its contract; one example each way. */
export function rankTests(failed: readonly string[], { place }: Pick<Mutant, "place">): string[] {
  const [contract = "", name = ""] = place.split(".").map((part) => part.replace(/^_/, "").toLowerCase());
  const rank = (title: string) => {
    const [suite = "", test = ""] = title.toLowerCase().split(".");
    const points = [
      !test.startsWith("setup"),
      name !== "" && test.includes(name),
      contract !== "" && suite.includes(contract),
      test.startsWith("test_"),
      !suite.includes("attack"),
    ];
    return points.reduce((sum, yes, n) => sum + (yes ? 2 ** (points.length - n) : 0), 0);
  };
  return [...failed].sort((a, b) => rank(b) - rank(a) || (a < b ? -1 : 1)).slice(0, KEPT);
}
