import { type DappClient, decodeGrantPackage, type GrantPackage, printable } from "@persona-protocol/sdk/dapp";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { parseEther } from "viem";
import { Problem } from "./Problem.tsx";
import { program } from "./program.ts";
import { provenanceOf } from "./usePersona.ts";

const longestWaitMs = 120_000;

/** With the owner's grant: a job, its verified result, and where that comes from. */
export function Run({ persona }: { readonly persona: DappClient }) {
  const [grant, setGrant] = useState<GrantPackage>();
  const read = useMutation({
    mutationFn: async (file: File) => decodeGrantPackage(new Uint8Array(await file.arrayBuffer())),
    onSuccess: setGrant,
  });
  const run = useMutation({
    mutationFn: async (granted: GrantPackage) => {
      const job = await persona.submitJob({
        program,
        grants: [granted],
        args: { threshold: 100 },
        maxFee: parseEther("3"),
      });
      // Waits, verifies the receipt against the chain, decrypts, and checks the rows against the program's declaration.
      const { rows, receipt } = await job.result({ signal: AbortSignal.timeout(longestWaitMs) });
      return { rows, receipt, tree: await provenanceOf(persona, job) };
    },
  });
  return (
    <section>
      <h2>3. The score</h2>
      <label>
        The owner's grant
        <input type="file" onChange={({ target }) => target.files?.[0] !== undefined && read.mutate(target.files[0])} />
      </label>
      <button type="button" disabled={grant === undefined || run.isPending} onClick={() => grant && run.mutate(grant)}>
        Get the score
      </button>
      {run.isPending && <p role="status">A node runs the program on the encrypted posts …</p>}
      {run.data !== undefined && (
        <>
          <output aria-label="Score">{String(run.data.rows[0]?.score)}</output>
          <dl>
            <Fact name="Posts">{String(run.data.rows[0]?.posts)}</Fact>
            <Fact name="With high engagement">{String(run.data.rows[0]?.high_engagement_posts)}</Fact>
            <Fact name="Job">{run.data.receipt.jobId}</Fact>
            <Fact name="Receipt">signed by an attested enclave, recorded by the market, verified here</Fact>
          </dl>
          <h3>Where it comes from</h3>
          <figure aria-label="Provenance">
            <pre>{printable(run.data.tree, { lines: true, maxLength: 4_000 })}</pre>
          </figure>
        </>
      )}
      <Problem error={read.error ?? run.error} />
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
