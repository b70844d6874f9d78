// A real worker daemon, run as a process of its own, that ends itself (SIGKILL) or stands still at a named point between two
// steps. On stdin, one JSON object a line: {"at": POINT, "do": "kill" | "hold"} arms it, {"go": true} lets it go on. On
// stdout: one line when it serves, and one for each point at which it stands still.
//
//   node steppedWorker.ts CONFIG [POINT]
//
// With a point, it is armed from the start to end there.
//
// Points: `apply EVENT`, `add`, `setPoint`, `began`, `ended` (writes of the journal), `send FUNCTION` (a transaction is
// given to the chain), `run` (the enclave), `bring` (a receipt), each with ` before` or ` after`.

import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Transactions } from "../../node/src/chain/transactions/Transactions.ts";
import type { WorkerContext } from "../../node/src/compute/jobSteps.ts";
import { loadNodeConfig } from "../../node/src/config/resolveNodeConfig.ts";
import { startNode } from "../../node/src/startNode.ts";

type Armed = { readonly at: string; readonly do: "kill" | "hold" };

let armed: Armed | undefined = process.argv[3] === undefined ? undefined : { at: process.argv[3], do: "kill" };
let letGo: () => void = () => {};

createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line) as Armed | { readonly go: true };
  if ("go" in message) letGo();
  else {
    armed = message;
    say({ armed: message.at });
  }
});
const say = (value: object) => writeSync(1, `${JSON.stringify(value)}\n`);

async function point(name: string): Promise<void> {
  if (armed?.at !== name) return;
  const { do: what } = armed;
  armed = undefined;
  if (what === "kill") process.kill(process.pid, "SIGKILL");
  const { promise, resolve } = Promise.withResolvers<void>();
  letGo = resolve;
  say({ holds: name });
  await promise;
}

async function between<value>(name: string, act: () => Promise<value>): Promise<value> {
  await point(`${name} before`);
  const value = await act();
  await point(`${name} after`);
  return value;
}

function around(worker: WorkerContext): WorkerContext {
  const { journal, enclave, bring } = worker;
  return {
    ...worker,
    journal: {
      ...journal,
      add: (...args) => between("add", () => journal.add(...args)),
      apply: (jobId, event, receipt) => between(`apply ${event.type}`, () => journal.apply(jobId, event, receipt)),
      setPoint: (point) => between("setPoint", () => journal.setPoint(point)),
      began: (jobId) => between("began", () => journal.began(jobId)),
      ended: (jobId) => between("ended", () => journal.ended(jobId)),
    },
    enclave: { call: (...args) => between("run", () => enclave.call(...args)) },
    bring: (ending) => between("bring", () => bring(ending)),
  };
}

const sending = (send: Transactions["send"]): Transactions["send"] =>
  ((call: Parameters<typeof send>[0], options: Parameters<typeof send>[1]) =>
    between(`send ${call.functionName}`, () => send(call, options))) as Transactions["send"];

const node = await startNode(loadNodeConfig(process.argv[2] ?? ""), { hooks: { around, sending } });
say({ ready: node.nodeId, signer: node.signer });
process.on("SIGTERM", () => void node.stop().then(() => process.exit(0)));
// A parent that is gone wants nothing more of it.
process.stdin.on("end", () => process.exit(0));
