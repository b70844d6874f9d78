import type { Address, Hex } from "viem";
import { type BuiltJob, encodeProgram, failureName } from "../compute/index.ts";
import {
  createChainView,
  type JobParams,
  jobMarketAbi,
  KeyClass,
  nodeRegistryAbi,
  type Receipt,
  receiptDigestOf,
} from "../contracts/index.ts";
import { PersonaError, printable } from "../errors/index.ts";
import type { ActionContext } from "./context.ts";

/** Where a result comes from: inputs → program → node → result, each as the chain tells it. */
export type Provenance = {
  readonly jobId: Hex;
  readonly inputs: readonly {
    readonly datasetId: Hex;
    readonly owner: Address;
    readonly grantHash: Hex;
    readonly price: bigint;
  }[];
  /** The chain holds a hash of the spec alone: the program is known to who brings the job. */
  readonly program:
    | { readonly known: true; readonly programId: Hex; readonly name: string }
    | { readonly known: false; readonly jobSpecHash: Hex };
  readonly node: {
    readonly nodeId: number;
    readonly operator: Address;
    readonly signer: Address;
    /** Of the enclave's code. */
    readonly measurement: Hex;
    /** Whether the registry holds the key as a worker's, and the market has recorded this very receipt under it. */
    readonly stands: boolean;
  };
  readonly result: Pick<Receipt, "code" | "outputBytes" | "ciphertextDigest" | "plaintextCommitment" | "releasesHash">;
  /** The same as a tree, to print. */
  readonly text: string;
};

/**
 * The tree of one ended job, by its id or its receipt. Give the job itself to have its program named.
 * @throws PersonaError JOB_UNKNOWN when no job of this id has ended with a receipt
 */
export async function provenance(
  { client, deployment }: Pick<ActionContext, "client" | "deployment">,
  of: { readonly jobId: Hex } & Partial<Pick<BuiltJob, "program" | "spec">>,
): Promise<Provenance> {
  const { jobId } = of;
  const market = {
    address: deployment.jobMarket,
    abi: jobMarketAbi,
    fromBlock: deployment.fromBlock,
    strict: true,
    args: { jobId },
  } as const;
  const [[submitted], [settled], [failed]] = await Promise.all([
    client.getContractEvents({ ...market, eventName: "JobSubmitted" }),
    client.getContractEvents({ ...market, eventName: "JobSettled" }),
    client.getContractEvents({ ...market, eventName: "JobFailed" }),
  ]);
  const end = settled ?? failed;
  if (submitted === undefined || end === undefined)
    throw new PersonaError("JOB_UNKNOWN", "No job of this id has ended with a receipt.", { data: { jobId } });
  const { receipt, signer, nodeId } = end.args;
  const { order } = submitted.args.params as JobParams;
  const chain = createChainView(client, deployment);
  const { number } = await chain.block("latest");
  const [{ operator }, key, job] = await Promise.all([
    chain.node(nodeId, number),
    client.readContract({
      address: deployment.nodeRegistry,
      abi: nodeRegistryAbi,
      functionName: "enclaveKeyOf",
      args: [signer],
    }),
    chain.job(jobId, number),
  ]);
  const recorded = job.commitment === receiptDigestOf(deployment, receipt) && job.signer === signer;
  const stands = recorded && key.nodeId === nodeId && key.keyClass === KeyClass.worker;
  const { code, outputBytes, ciphertextDigest, plaintextCommitment, releasesHash } = receipt;
  const tree = {
    jobId,
    inputs: order.inputs.map(({ datasetId, owner, grantHash, price }) => ({ datasetId, owner, grantHash, price })),
    program: programOf(of, receipt),
    node: { nodeId, operator, signer, measurement: key.measurement, stands },
    result: { code, outputBytes, ciphertextDigest, plaintextCommitment, releasesHash },
  };
  return { ...tree, text: textOf(tree) };
}

/** A name is shown only for the program whose id the receipt's own spec has. */
function programOf(
  { program, spec }: Partial<Pick<BuiltJob, "program" | "spec">>,
  { jobId, jobSpecHash }: Receipt,
): Provenance["program"] {
  if (program === undefined) return { known: false, jobSpecHash };
  const { programId } = encodeProgram(program);
  if (spec !== undefined && spec.jobId === jobId && spec.programId === programId)
    return { known: true, programId, name: program.name };
  throw new PersonaError("RECEIPT_INVALID", "The job that was brought is not the receipt's.", {
    data: { jobId, programId },
  });
}

function textOf({ jobId, inputs, program, node, result }: Omit<Provenance, "text">): string {
  const ended =
    result.code === 0 ? `${result.outputBytes} bytes, sealed` : `failure ${failureName(result.code) ?? result.code}`;
  const shownInputs = inputs.map(
    ({ datasetId, owner }, i) => `   ${i === inputs.length - 1 ? "└" : "├"}─ dataset ${datasetId} of ${owner}`,
  );
  const shownProgram = program.known
    ? `program ${printable(program.name, { maxLength: 64 })} ${program.programId}`
    : `a program that only its requester knows (spec ${program.jobSpecHash})`;
  return [
    `result of job ${jobId}: ${ended}`,
    `└─ node ${node.nodeId}, key ${node.signer}${node.stands ? "" : " (NOT what registry and market say)"}`,
    `   code ${node.measurement}`,
    `   └─ ${shownProgram}`,
    ...shownInputs.map((line) => `   ${line}`),
  ].join("\n");
}
