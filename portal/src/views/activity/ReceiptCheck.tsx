import { encodeReceiptProof, type PersonaClient, type Program, verifyReceiptOffline } from "@persona-protocol/sdk";
import { failureName } from "@persona-protocol/sdk/compute";
import { useQuery } from "@tanstack/react-query";
import { type Address, isAddressEqual } from "viem";
import { useSession } from "../../app/Session.tsx";
import type { JobRow } from "../../protocol/jobs.ts";
import { DownloadButton } from "../../ui/DownloadButton.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Foreign } from "../../ui/Foreign.tsx";

/** Verifies a receipt here, and shows where the result comes from: inputs → program → node → result. */
export function ReceiptCheck({
  persona,
  job,
  owner,
  program,
}: {
  persona: PersonaClient;
  job: JobRow;
  owner: Address;
  program: Program | undefined;
}) {
  const { config } = useSession();
  const { jobId } = job;
  const { data, error, isPending } = useQuery({
    queryKey: ["receipt", config.network.chainId, jobId],
    queryFn: async () => {
      const tree = await persona.provenance({ jobId });
      if (job.state !== "settled") return { tree, proof: undefined, verdict: undefined };
      const proof = await persona.receiptProof(jobId);
      const { node } = tree;
      const verdict = await verifyReceiptOffline(proof, {
        deployment: persona.deployment,
        jobId,
        // The registry's word for whose key it is, asked just now.
        ...(node.stands ? { signers: [node.signer] } : {}),
      });
      return { tree, proof, verdict };
    },
    staleTime: 60_000,
    refetchInterval: false,
  });
  if (isPending) return <p className="muted">Checking signatures in your browser …</p>;
  if (data === undefined)
    return <ErrorNotice error={error} what="This receipt does not stand, or could not be checked." />;
  const { tree, proof, verdict } = data;
  const { inputs, node, result } = tree;
  return (
    <div className="stack">
      <div className={node.stands ? "notice" : "notice notice-bad"}>
        <strong>
          {node.stands
            ? "The receipt stands."
            : "THE RECEIPT DOES NOT STAND: registry and market do not say the same as it does."}
        </strong>
        <span className="small">
          {verdict === undefined
            ? "A failure has no result to check; the market has recorded this very receipt."
            : `Checked in this browser: ${verdict.checked.join("; ")}. By the chain: the market has recorded this very receipt, and the registry holds the key as an attested worker's.`}
        </span>
      </div>
      <section aria-label="Where the result comes from">
        <ul className="tree">
          <li>
            <strong>
              {result.code === 0
                ? `A result of ${result.outputBytes.toLocaleString()} bytes, sealed to who asked`
                : `A failure: ${failureName(result.code) ?? result.code}`}
            </strong>
            <ul>
              <li>
                made by an enclave of node {node.nodeId}, key <span className="mono small">{node.signer}</span>
                <br />
                <span className="muted small">
                  its code: <span className="mono">{node.measurement}</span>
                </span>
                <ul>
                  <li>
                    running{" "}
                    {program === undefined ? (
                      "a program whose name your records do not have"
                    ) : (
                      <strong>
                        <Foreign text={program.name} />
                      </strong>
                    )}
                    <ul>
                      {inputs.map(({ datasetId, owner: of, grantHash }) => (
                        <li key={grantHash}>
                          over {isAddressEqual(of, owner) ? "your dataset" : "somebody else's dataset"}{" "}
                          <span className="mono small">{datasetId.slice(0, 18)}…</span>
                          <br />
                          <span className="muted small">
                            under grant <span className="mono">{grantHash.slice(0, 18)}…</span>
                          </span>
                        </li>
                      ))}
                    </ul>
                  </li>
                </ul>
              </li>
            </ul>
          </li>
        </ul>
      </section>
      {proof !== undefined && (
        <p>
          <DownloadButton
            name={`receipt-${jobId.slice(2, 12)}.json`}
            type="application/json"
            content={encodeReceiptProof(proof)}
            label="Keep the receipt"
          />
        </p>
      )}
    </div>
  );
}
