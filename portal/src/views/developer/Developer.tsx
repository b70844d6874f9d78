import type { Address } from "viem";
import { useSession } from "../../app/Session.tsx";
import { usePersona } from "../../protocol/usePersona.ts";
import { withOwner } from "../../ui/OwnerNeeded.tsx";
import { ReadOnly } from "../../ui/ReadOnly.tsx";
import { OwnJobs } from "./OwnJobs.tsx";
import { PublishProgram } from "./PublishProgram.tsx";
import { RegisterApp } from "./RegisterApp.tsx";

export const Developer = withOwner(
  "For developers",
  "An account's app, the programs it publishes, and the jobs that it has asked for, with what they cost and why they failed.",
  DeveloperView,
);

function DeveloperView({ owner }: { owner: Address }) {
  const persona = usePersona(owner);
  const { canWrite } = useSession();
  return (
    <>
      <div className="title">
        <h1>For developers</h1>
        <p className="lede">
          Your app asks people for results, and never holds their data. Register its name here, publish the programs
          that it wants to run, and see how its jobs went. The rest is code: <code>createDappClient</code> of the SDK.
        </p>
      </div>
      <RegisterApp persona={persona} owner={owner} />
      {canWrite ? <PublishProgram persona={persona} /> : <ReadOnly what="register an app or publish a program" />}
      <OwnJobs persona={persona} owner={owner} />
    </>
  );
}
