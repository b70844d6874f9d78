import type { Deployment } from "@persona-protocol/sdk/contracts";
import { largestDeployment, typicalDeployment } from "./deployments.ts";
import { extremeMessage } from "./extremes.ts";
import { type MessageKind, messageKinds } from "./messages.ts";
import { signer, signTwice } from "./signTwice.ts";

/** test/vectors/typed-data.json */
export async function typedDataVectors(): Promise<object> {
  const messages: Record<string, object> = {};
  for (const [name, kind] of Object.entries<MessageKind>(messageKinds)) {
    const { types, primaryType } = kind.typed(typicalDeployment, kind.typical);
    const cases = {
      typical: await vector(kind, typicalDeployment, kind.typical),
      largest: await vector(kind, largestDeployment, extremeMessage(types, primaryType, "largest")),
      zero: await vector(kind, typicalDeployment, extremeMessage(types, primaryType, "zero")),
    };
    messages[name] = { contract: kind.contract, primaryType, types, cases };
  }
  return { signer, messages };
}

async function vector(kind: MessageKind, deployment: Deployment, message: MessageKind["typical"]): Promise<object> {
  const data = kind.typed(deployment, message);
  return { domain: data.domain, message: withText(message), ...(await signTwice(data)) };
}

/** Big integers as decimal text: what is small enough to be a number in every language is one. */
function withText(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(withText);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withText(item)]));
}
