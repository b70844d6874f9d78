import type { Address } from "viem";
import { useSession } from "../../app/Session.tsx";
import { useDatasets } from "../../protocol/datasets.ts";
import { useJobsOver } from "../../protocol/jobs.ts";
import { useOwnGrants } from "../../protocol/ownGrants.ts";
import { usePersona } from "../../protocol/usePersona.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Party } from "../../ui/Party.tsx";
import { Pending } from "../../ui/Pending.tsx";
import { Time } from "../../ui/Time.tsx";
import { useVault } from "../../vault/useVault.ts";
import { jobStates } from "../activity/JobCard.tsx";
import { useInbox } from "../requests/inbox.ts";

const recently = 5;

/** One look: does somebody wait for an answer, who could do something now, and what was done last? */
export function Overview({ owner }: { owner: Address }) {
  const persona = usePersona(owner);
  const { config, isOwn } = useSession();
  const { vault } = useVault(owner);
  const datasets = useDatasets(persona, owner);
  const { grants, isKnown, isPending, error } = useOwnGrants(persona, owner, vault);
  const { data: jobs } = useJobsOver(persona, owner);
  const { data: inbox = [] } = useInbox(config.network.chainId, owner);
  const waiting = inbox.filter((each) => each.answer === undefined).length + unseen(config.test, owner, inbox);
  const active = grants.filter(({ state }) => state === "active");
  const accounts = new Set(active.map(({ grantee }) => grantee.toLowerCase())).size;
  const running = (jobs ?? []).filter(({ state }) => state === "running").length;
  return (
    <>
      <div className="title">
        <h1>{isOwn ? "Your data" : "An owner's data"}</h1>
        <p className="lede">
          {isPending
            ? "Asking the chain …"
            : !isKnown
              ? "Who may use it is not known: the chain does not answer."
              : active.length === 0
                ? "Nobody may run anything on it at this moment."
                : `${active.length} grant${active.length === 1 ? "" : "s"} can be used at this moment, by ${accounts} account${accounts === 1 ? "" : "s"}.`}
          {running > 0 && ` ${running} job${running === 1 ? " is" : "s are"} running.`}
        </p>
      </div>
      <ErrorNotice error={error ?? datasets.error} what="The chain could not be read." />
      {isPending || datasets.isPending ? (
        <Pending what="the chain" />
      ) : !isKnown || datasets.data === undefined || jobs === undefined ? null : (
        <div className="cards counts">
          {isOwn && (
            <Count href="#/requests" count={waiting} one="request waits for you" many="requests wait for you" />
          )}
          <Count href="#/grants" count={active.length} one="grant can be used" many="grants can be used" />
          <Count
            href="#/data"
            count={datasets.data.filter(({ status }) => status !== "erased").length}
            one="dataset"
            many="datasets"
          />
          <Count
            href="#/activity"
            count={jobs.filter(({ state }) => state === "settled").length}
            one="job finished"
            many="jobs finished"
          />
        </div>
      )}
      <section className="card" aria-labelledby="lately">
        <h2 id="lately">Lately</h2>
        {jobs === undefined ? (
          <p className="muted">Not read yet.</p>
        ) : jobs.length === 0 ? (
          <p className="muted">
            Nothing has been run on {isOwn ? "your" : "its"} data yet. Each job will stand here, with its receipt under{" "}
            <a href="#/activity">Activity</a>.
          </p>
        ) : (
          <ul className="lines">
            {jobs.slice(0, recently).map((job) => (
              <li key={job.jobId} className="between">
                <Party persona={persona} account={job.requester} />
                <span className="row">
                  <span className="muted small">
                    <Time at={job.submittedAt} />
                  </span>
                  <span className={`tag ${jobStates[job.state][1]}`}>{jobStates[job.state][0]}</span>
                </span>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

function Count({ href, count, one, many }: { href: string; count: number; one: string; many: string }) {
  return (
    <a className="card plain-link" href={href}>
      <span className="figure">{count}</span>
      <span>{count === 1 ? one : many}</span>
    </a>
  );
}

/** Requests that a test network was seeded with, and that the requests' view has not taken in yet. */
function unseen(
  test: { readonly owner: Address; readonly requests: readonly string[] } | undefined,
  owner: Address,
  inbox: readonly { readonly text: string }[],
): number {
  if (test?.owner.toLowerCase() !== owner.toLowerCase()) return 0;
  return test.requests.filter((text) => !inbox.some((each) => each.text === text)).length;
}
