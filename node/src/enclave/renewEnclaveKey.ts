import { callContract, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { type Address, bytesToHex } from "viem";
import { againstReorganisations, attestKey, type NodeRole, type RegistrationContext } from "./registerEnclave.ts";
import type { EnclaveProcess } from "./startEnclave.ts";

/**
 * Attests a registered key anew, with fresh evidence of the same enclave: it lives on as if it had just been registered
 * (docs/protocol.md 5.1).
 * @returns what the registry says of the key then
 * @throws PersonaError as the verifier or the registry refuses
 */
export async function renewEnclaveKey(
  context: RegistrationContext,
  enclave: Pick<EnclaveProcess, "call"> & Partial<Pick<EnclaveProcess, "companionsOf">>,
  key: { readonly signer: Address; readonly role: NodeRole },
) {
  const { client, deployment, verifier } = context;
  const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  await againstReorganisations(async () => {
    const { binding, told, signature } = await attestKey(context, enclave, key.role);
    await callContract(client, {
      ...registry,
      functionName: "renewEnclaveKey",
      args: [binding, bytesToHex(told), verifier, signature],
    });
  });
  return client.readContract({ ...registry, functionName: "enclaveKeyOf", args: [key.signer] });
}
