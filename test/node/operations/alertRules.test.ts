import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { createNodeMetrics } from "../../../node/src/operations/nodeMetrics.ts";
import { checkNames, type Readiness } from "../../../node/src/operations/readiness.ts";
import { metricNames, readAlertRules } from "../../helpers/alertRules.ts";

const here = (path: string) => join(repositoryRoot, path);
const rules = readAlertRules(readFileSync(here("operations/alerts.yml"), "utf8"));
const dashboard = JSON.parse(readFileSync(here("operations/grafana-dashboard.json"), "utf8"));

/** A scrape of a worker of which everything is known. */
async function scrape(
  changes: { readonly jobs?: Record<string, number>; readonly claims?: string } = {},
): Promise<string> {
  const metrics = createNodeMetrics({ role: "worker", minBalanceWei: "5" });
  const readiness: Readiness = {
    ready: false,
    checks: checkNames.map((name) => ({ name, ok: name !== "store", reason: "", tookMs: 5 })),
  };
  const known = { blockNumber: 9n, blockAgeSeconds: 1, balanceWei: 7n, freeDiskBytes: 1, sealUntil: 2, openUntil: 3 };
  const { jobs = { seen: 1 }, claims = "open" } = changes;
  const status = async () => ({ jobs, claims, underWay: 0, nextBlock: 4n });
  const endpoints = [{ state: "well" }, { state: "wrong chain" }];
  metrics.countAlarm("CHAIN_DISAGREES");
  metrics.countAlarm("of no list");
  const duty = { status, drain: async () => {} };
  const text = await metrics.scrape({ readiness, facts: known, duty, nodeId: 3, endpoints });
  metrics.close();
  return text;
}

describe("alert rules and dashboard", () => {
  it("default: name only metrics, labels and values that a daemon has", async () => {
    const text = await scrape();
    const names = metricNames(text);
    const labels = new Set([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([pair]) => pair));
    const panels = dashboard.panels.flatMap((panel: { targets: { expr: string }[] }) => panel.targets);
    const expressions: string[] = [
      ...rules.map(({ expr }) => expr),
      ...panels.map(({ expr }: { expr: string }) => expr),
    ];
    expect(expressions.length).to.be.greaterThan(30);
    for (const expr of expressions) {
      const used = [...expr.matchAll(/persona_\w+/g)].map(([name]) =>
        name.replace(/_(?:bucket|sum|count)$/, (end) => (names.includes(name) ? end : "")),
      );
      expect(used.length + Number(expr.startsWith("up{")), expr).to.be.greaterThan(0);
      for (const name of used) expect(names, expr).to.include(name);
      for (const [pair, label] of expr.matchAll(/(\w+)="([^"]*)"/g))
        if (label !== "job" && label !== "role") expect([...labels], expr).to.include(pair);
    }
    // Nothing is measured for nobody.
    const all = expressions.join(" ");
    for (const name of names) expect(all, name).to.contain(name);
  });

  it("behavior: each alarm has a severity, a summary, and a section of docs/operations.md", () => {
    const headings = [...readFileSync(here("docs/operations.md"), "utf8").matchAll(/^#+ (.*)$/gm)].map(
      ([, text = ""]) => text,
    );
    expect(new Set(rules.map(({ alert }) => alert)).size).to.equal(rules.length);
    for (const { alert, severity, runbook, summary, duration } of rules) {
      expect(severity, alert).to.be.oneOf(["page", "ticket"]);
      expect(duration, alert).to.match(/^\d+[mh]$/);
      expect(summary, alert).to.contain("$labels.instance");
      expect(runbook, alert).to.equal(`docs/operations.md#${alert.toLowerCase()}`);
      expect(headings, alert).to.include(alert);
    }
  });

  it("behavior: a state that nobody knows is counted as another, not as a label of its own", async () => {
    const text = await scrape({ jobs: { seen: 2, invented: 3, "x{}": 4 }, claims: "invented" });
    expect(text)
      .to.contain('persona_jobs_count{state="seen"} 2\n')
      .and.to.contain('persona_jobs_count{state="other"} 7\n');
    expect(text).to.contain('persona_claims_state_ratio{state="other"} 1\n').and.not.to.contain("invented");
    for (const line of [
      'persona_chain_endpoints_count{state="wrongChain"} 1',
      'persona_chain_endpoints_count{state="well"} 1',
      'persona_chain_endpoints_count{state="ill"} 0',
      'persona_chain_alarms_total{code="CHAIN_DISAGREES"} 1',
      'persona_chain_alarms_total{code="other"} 1',
    ])
      expect(text).to.contain(`${line}\n`);
  });

  it("behavior: promtool accepts them", function () {
    this.timeout(120_000); // 20 MB, where it is not there yet
    const found = spawnSync(process.execPath, [here("scripts/fetchPromtool.ts")], { encoding: "utf8" });
    if (found.status === 3) {
      process.stderr.write(`\n  SKIPPED: promtool has not read the alert rules. ${found.stderr}\n`);
      this.skip();
    }
    expect(found.status, found.stderr).to.equal(0);
    const rulesFile = here("operations/alerts.yml");
    const { status, stdout, stderr } = spawnSync(found.stdout.trim(), ["check", "rules", rulesFile], {
      encoding: "utf8",
    });
    expect(status, stderr).to.equal(0);
    expect(stdout).to.contain(`${rules.length} rules found`);
  });
});

describe("the systemd unit", () => {
  const unit = here("operations/persona-node@.service");
  const has = (name: string) => spawnSync(name, ["--version"]).status === 0;

  it("default: has no secret, leaves the stop to the daemon, and starts it again for 75 only", () => {
    const text = readFileSync(unit, "utf8");
    expect(text)
      .to.match(/^RestartPreventExitStatus=1 2$/m)
      .and.to.match(/^Restart=on-failure$/m);
    expect(Number(/^TimeoutStopSec=(\d+)s$/m.exec(text)?.[1])).to.be.greaterThan(30);
    expect(text).to.match(/^LoadCredentialEncrypted=passphrase:/m);
  });

  if (!has("systemd-analyze"))
    it.skip("behavior: systemd understands it, and finds it tight (skipped: no systemd-analyze here)", () => {});
  else
    it("behavior: systemd understands it, and finds it tight", () => {
      const verify = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
      const complaints = verify.stderr.split("\n").filter((line) => line !== "" && !line.includes("is not executable"));
      expect(complaints).to.deep.equal([]);
      const { stdout } = spawnSync("systemd-analyze", ["security", "--offline=true", unit], { encoding: "utf8" });
      expect(Number(/exposure level for .*: ([\d.]+)/.exec(stdout)?.[1])).to.be.lessThan(3);
    });
});
