import { expect } from "chai";
import { intelRoot, requireTrustedRoot, simulatedRoot } from "../../../node/src/deploy/attestationRoot.ts";
import { deployProtocol } from "../../../node/src/deploy/deployProtocol.ts";
import { expectError } from "../../helpers/errors.ts";

describe("requireTrustedRoot", () => {
  it("default: Intel's root anywhere, the development root on the local chain ids", () => {
    for (const chainId of [1, 10, 8_453, 11_155_111, 31_337, 1_337]) requireTrustedRoot(chainId, intelRoot);
    for (const chainId of [31_337, 1_337]) requireTrustedRoot(chainId, simulatedRoot());
  });

  it("error: a development root on any other chain, and Intel's with any part of it changed", async () => {
    for (const chainId of [0, 1, 10, 1_338, 31_336, 31_338, 8_453, 11_155_111])
      await expectError("DEPLOYMENT_FAILED", () => requireTrustedRoot(chainId, simulatedRoot()));
    const other = simulatedRoot();
    for (const part of Object.keys(intelRoot) as (keyof typeof intelRoot)[]) {
      const mixed = { ...intelRoot, [part]: other[part] };
      await expectError("DEPLOYMENT_FAILED", () => requireTrustedRoot(1, mixed));
    }
  });

  it("error: a deployment on a public chain ends before it asks or sends anything", async () => {
    const asked: string[] = [];
    const client = {
      chain: { id: 1 },
      account: { address: "0x00000000000000000000000000000000000000aa" },
      request: async ({ method }: { method: string }) => asked.push(method),
      getTransactionCount: async () => asked.push("getTransactionCount"),
    };
    const rest = { governance: {}, confirmations: 1, simulated: false };
    const parameters = { client, constructors: simulatedRoot(), ...rest };
    await expectError("DEPLOYMENT_FAILED", () => deployProtocol(parameters as never));
    expect(asked).to.deep.equal([]);
  });
});
