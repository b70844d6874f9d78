import type { PersonaClient } from "@persona-protocol/sdk";
import { failureName } from "@persona-protocol/sdk/compute";
import { useState } from "react";
import type { Address } from "viem";
import type { JobRow, JobState } from "../../protocol/jobs.ts";
import { pricesFor } from "../../protocol/jobs.ts";
import type { OwnGrant } from "../../protocol/ownGrants.ts";
import { programOfGrant } from "../../protocol/programFacts.ts";
import { Amount } from "../../ui/Amount.tsx";
import { Foreign } from "../../ui/Foreign.tsx";
import { Party } from "../../ui/Party.tsx";
import { Time } from "../../ui/Time.tsx";
import { ReceiptCheck } from "./ReceiptCheck.tsx";

export const jobStates: Readonly<Record<JobState, readonly [words: string, tag: string]>> = {
  open: ["waits for a node", ""],
  running: ["running", "tag-warn"],
  settled: ["finished", "tag-good"],
  failed: ["failed", "tag-bad"],
  timedOut: ["the node did not finish", "tag-bad"],
  cancelled: ["taken back", ""],
};

/** Why a job failed, for people. Its code is in the receipt. */
export const failureWords: Readonly<Record<string, string>> = {
  GUARDIANS_REFUSED: "The guardians refused its keys: the grant did not allow it, or had ended.",
  PROGRAM_INVALID: "Its program could not be used.",
  BUNDLE_INVALID: "What the requester sent along was damaged.",
  MANIFEST_INVALID: "The list of your segments was damaged.",
  KEYBOX_INVALID: "The box with your keys was damaged.",
  PROGRAM_FAILED: "The program stopped with an error of its own.",
  LIMIT_EXCEEDED: "The program needed more memory or steps than it had declared.",
  OUTPUT_TOO_LARGE: "The result was larger than the grant allows. It was thrown away.",
  OUTPUT_POLICY_VIOLATED: "The result was not what the program had declared. It was thrown away.",
  DATA_INVALID: "The stored data did not fit its form.",
  HOST_DID_NOT_DELIVER: "The node did not deliver what the enclave needed.",
  GUARDIANS_UNAVAILABLE: "Too few guardians answered.",
  DIGEST_MISMATCH: "A store gave wrong bytes.",
  INTERNAL: "The enclave failed.",
  ENCLAVE_FAILED: "The enclave ended before it had a result.",
  TIME_LIMIT_EXCEEDED: "The program ran longer than it had declared.",
};

export function JobCard({
  persona,
  job,
  owner,
  grants,
}: {
  persona: PersonaClient;
  job: JobRow;
  owner: Address;
  grants: readonly OwnGrant[];
}) {
  const [open, setOpen] = useState(false);
  const [words, tag] = jobStates[job.state];
  const program = grants.map(({ known }) => programOfGrant(known)).find((each) => each !== undefined);
  const failure = job.code === undefined ? undefined : (failureName(job.code) ?? `code ${job.code}`);
  const short = `${job.jobId.slice(0, 10)}…`;
  return (
    <article className="card" aria-label={`Job ${short}`}>
      <div className="between">
        <Party persona={persona} account={job.requester} />
        <span className={`tag ${tag}`}>{words}</span>
      </div>
      <dl className="facts">
        {program !== undefined && (
          <>
            <dt>Ran</dt>
            <dd>
              <strong>
                <Foreign text={program.name} />
              </strong>
            </dd>
          </>
        )}
        <dt>Asked for</dt>
        <dd>
          <Time at={job.submittedAt} />
          {job.endedAt !== undefined && (
            <span className="muted">
              , ended <Time at={job.endedAt} />
            </span>
          )}
        </dd>
        <dt>{job.state === "settled" ? "Paid you" : "Would pay you"}</dt>
        <dd>
          <Amount value={pricesFor(job, owner)} token={job.token} />
        </dd>
        {failure !== undefined && (
          <>
            <dt>Why</dt>
            <dd>
              {failureWords[failure] ?? "No reason is known."} <code className="small muted">{failure}</code>
            </dd>
          </>
        )}
      </dl>
      {job.receipt !== undefined && (
        <>
          <p className="row">
            <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? "Hide the receipt" : "Check the receipt"}
              <span className="hidden-text"> of job {short}</span>
            </button>
          </p>
          {open && <ReceiptCheck persona={persona} job={job} owner={owner} program={program} />}
        </>
      )}
    </article>
  );
}
