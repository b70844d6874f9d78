// A page that asks for access and reads a result: what a dApp loads.
import { createPersonaClient, defineProgram } from "@persona-protocol/sdk";
import { custom } from "viem";
import { hardhat } from "viem/chains";

declare const document: { title: string };
declare const window: { readonly ethereum: Parameters<typeof custom>[0] };

const program = defineProgram({
  v: 1,
  kind: "sql",
  name: "n",
  description: "",
  statement: "SELECT count(*)::BIGINT AS n FROM posts",
  tables: [{ table: "posts", schema: "persona:post@1" }],
  args: [],
  result: { columns: [{ name: "n", type: "bigint", nullable: false }], maxRows: 1 },
  limits: { timeMs: 1_000, memoryMb: 64 },
});

const transport = custom(window.ethereum);
const persona = createPersonaClient({
  chain: hardhat,
  transport,
  account: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
});
document.title = await persona.requestAccess({
  program,
  segments: ["posts"],
  why: "to count",
  uses: 1,
  expiresIn: "1d",
});
