import type { Address } from "viem";
import { useJobsOver } from "../../protocol/jobs.ts";
import { useOwnGrants } from "../../protocol/ownGrants.ts";
import { usePersona } from "../../protocol/usePersona.ts";
import { Empty } from "../../ui/Empty.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { withOwner } from "../../ui/OwnerNeeded.tsx";
import { Pending } from "../../ui/Pending.tsx";
import { useVault } from "../../vault/useVault.ts";
import { Earnings } from "./Earnings.tsx";
import { JobCard } from "./JobCard.tsx";
import { Releases } from "./Releases.tsx";

export const Activity = withOwner(
  "Activity",
  "Every job over an account's data, its receipt, what it paid, and which keys were released for it.",
  OwnedActivity,
);

function OwnedActivity({ owner }: { owner: Address }) {
  const persona = usePersona(owner);
  const { vault } = useVault(owner);
  const { data: jobs, error, isPending } = useJobsOver(persona, owner);
  const { grants } = useOwnGrants(persona, owner, vault);
  return (
    <>
      <div className="title">
        <h1>Activity</h1>
        <p className="lede">
          What has been run on your data, by whom, and what it paid you. Each result has a receipt that an enclave has
          signed: this page checks it in your browser, and believes nobody else's word for it.
        </p>
      </div>
      {jobs !== undefined && <Earnings persona={persona} owner={owner} jobs={jobs} />}
      {jobs !== undefined && <Releases persona={persona} owner={owner} vault={vault} jobs={jobs} />}
      <ErrorNotice error={error} what="Jobs could not be read." />
      <section className="stack" aria-labelledby="jobs">
        <h2 id="jobs">Jobs</h2>
        {isPending ? (
          <Pending what="jobs" />
        ) : jobs === undefined ? null : jobs.length === 0 ? (
          <Empty title="Nothing has been run yet">
            <p className="muted">
              When somebody uses a grant, the job stands here: who asked, when, how it ended, what it paid, and its
              receipt, to be checked with one click.
            </p>
          </Empty>
        ) : (
          <ul className="list">
            {jobs.map((job) => (
              <li key={job.jobId}>
                <JobCard
                  persona={persona}
                  job={job}
                  owner={owner}
                  grants={grants.filter(({ grantHash }) => job.inputs.some((input) => input.grantHash === grantHash))}
                />
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}
