/** What proved chain reads cost an enclave: one storage proof as deep as on a large public chain. */
import { proofVerifyMs } from "./programs/proof.ts";

export async function run(): Promise<object> {
  return { proof: { proofVerifyMs: await proofVerifyMs() } };
}
