import type { PersonaClient } from "@persona-protocol/sdk";
import { failureName } from "@persona-protocol/sdk/compute";
import { type Address, isAddressEqual } from "viem";
import { useSession } from "../../app/Session.tsx";
import { useJobsOf } from "../../protocol/jobs.ts";
import { Amount } from "../../ui/Amount.tsx";
import { Empty } from "../../ui/Empty.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Pending } from "../../ui/Pending.tsx";
import { Time } from "../../ui/Time.tsx";
import { useBalances, Withdrawable } from "../activity/Earnings.tsx";
import { failureWords, jobStates } from "../activity/JobCard.tsx";

/** Jobs that an account has asked for: what each cost, how it ended, and why it failed. */
export function OwnJobs({ persona, owner }: { persona: PersonaClient; owner: Address }) {
  const { config } = useSession();
  const { address: token } = config.token;
  const { data: jobs, error, isPending } = useJobsOf(persona, owner);
  const { data: balances = [] } = useBalances(persona, owner, [token]);
  const cost = ({ fee, protocolFee, inputs }: NonNullable<typeof jobs>[number]) =>
    fee + protocolFee + inputs.reduce((sum, { price }) => sum + price, 0n);
  const spent = (jobs ?? [])
    .filter((job) => job.state === "settled" && isAddressEqual(job.token, token))
    .reduce((sum, job) => sum + cost(job), 0n);
  const back = balances.find(({ value }) => value > 0n);
  return (
    <section className="stack" aria-labelledby="own-jobs">
      <h2 id="own-jobs">Your jobs</h2>
      <ErrorNotice error={error} what="Your jobs could not be read." />
      {isPending ? (
        <Pending what="jobs" />
      ) : jobs === undefined ? null : jobs.length === 0 ? (
        <Empty title="No jobs yet">
          <p className="muted">
            Ask an owner for access, and submit a job under the grant that you get. It will stand here.
          </p>
        </Empty>
      ) : (
        <div className="card">
          <p className="muted">
            Spent on finished jobs: <Amount value={spent} token={token} />, of which owners and nodes got all but the
            protocol's fee.
          </p>
          {back !== undefined && <Withdrawable persona={persona} token={back.token} value={back.value} />}
          <section className="table-wrap" aria-label="Jobs">
            <table>
              <thead>
                <tr>
                  <th scope="col">Asked for</th>
                  <th scope="col">How it ended</th>
                  <th scope="col" className="number">
                    Cost
                  </th>
                  <th scope="col">Job</th>
                </tr>
              </thead>
              <tbody>
                {jobs.map((job) => {
                  const [words, tag] = jobStates[job.state];
                  const failure = job.code === undefined ? undefined : (failureName(job.code) ?? `code ${job.code}`);
                  return (
                    <tr key={job.jobId}>
                      <td>
                        <Time at={job.submittedAt} />
                      </td>
                      <td>
                        <span className={`tag ${tag}`}>{words}</span>{" "}
                        {failure !== undefined && <span className="small">{failureWords[failure] ?? failure}</span>}
                      </td>
                      <td className="number">
                        <Amount value={cost(job)} token={job.token} />
                      </td>
                      <td className="mono small">{job.jobId.slice(0, 14)}…</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </section>
        </div>
      )}
    </section>
  );
}
