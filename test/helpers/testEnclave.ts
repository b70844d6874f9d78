import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { parseEther } from "viem";
import type { LocalDeployment } from "../../node/src/dev/deployContracts.ts";
import { enclaveBundle } from "../../node/src/enclave/bundle/enclaveBundle.ts";
import { registerEnclaveKey, registerNode } from "../../node/src/enclave/registerEnclave.ts";
import {
  createEnclaveIdentity,
  type EnclaveIdentity,
  makeRegistration,
} from "../../node/src/enclave/runtime/enclaveIdentity.ts";
import { encodeRegistration, registrationFacts } from "../../node/src/enclave/runtime/registrationMessage.ts";
import { simulatedEvidence } from "../../node/src/enclave/runtime/simulatedEvidence.ts";

/** A registered, attested enclave key of a node with a stake for the bonds of its claims, whose private half the test holds: the simulated root signs for anybody. */
export type TestEnclave = { readonly identity: EnclaveIdentity; readonly nodeId: number; readonly client: ChainClient };

export async function registerTestEnclave(
  { deployment, verifier }: Pick<LocalDeployment, "deployment" | "verifier">,
  client: ChainClient,
  role: "worker" | "guardian" = "worker",
  stake = parseEther("1000"),
): Promise<TestEnclave> {
  const identity = await createEnclaveIdentity();
  const evidence = simulatedEvidence(enclaveBundle().measurement);
  const context = { client, deployment, operator: client.account.address, verifier };
  const nodeId = await registerNode(context, { role, stake, endpoint: "" });
  const enclave = {
    call: async (_method: string, facts: unknown) =>
      encodeRegistration(await makeRegistration(identity, evidence, deployment, registrationFacts.parse(facts))),
  };
  await registerEnclaveKey(context, enclave, { signer: identity.account.address, nodeId, role });
  return { identity, nodeId, client };
}
