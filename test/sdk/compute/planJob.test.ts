/** An owner writes the grant: neither its token nor its price may decide what leaves the requester's account. */
import type { GrantPackage } from "@persona-protocol/sdk/access";
import { expect } from "chai";
import type { Address } from "viem";
import type { ActionContext } from "../../../sdk/src/actions/context.ts";
import { planJob } from "../../../sdk/src/actions/jobs.ts";
import { expectError } from "../../helpers/errors.ts";
import { createProgram } from "../../helpers/programs.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomStruct } from "../../helpers/structs.ts";

const seed = testSeed();
const random = createRandom(seed);
const ours: Address = "0x00000000000000000000000000000000000000c1";
const dear: Address = "0x00000000000000000000000000000000000000e7";

describe(`planJob (PERSONA_SEED=${seed})`, () => {
  // Whatever is asked of chain or store would show itself: nothing is read before these two questions are answered.
  const nothing = new Proxy({}, { get: (_, name) => expect.fail(`${String(name)} was asked for`) });
  const context = (options: object) =>
    ({ client: nothing, store: nothing, deployment: randomDeployment(random), options }) as unknown as ActionContext;
  const grantOf = (token: Address, price: bigint) =>
    ({ terms: { ...randomStruct("Terms", random), token, price } }) as unknown as GrantPackage;
  const program = createProgram();

  it("error: TOKEN_MISMATCH: one grant of several in another token than the requester's, with maxFee and with fee", async () => {
    const grants = [grantOf(ours, 1n), grantOf(dear, 1n)];
    for (const fee of [{ maxFee: 10n ** 18n }, { fee: 1n, maxPrices: 10n ** 18n }]) {
      const error = await expectError("TOKEN_MISMATCH", () =>
        planJob(context({ token: ours }), { program, grants, args: {}, ...fee }),
      );
      expect(error.data).to.deep.equal({ datasetId: grants[1]?.terms.datasetId, token: dear, wanted: ours });
    }
    const one = { program, grants: [grantOf(ours, 1n)], args: {}, token: dear, maxFee: 10n ** 18n };
    await expectError("TOKEN_MISMATCH", () => planJob(context({ token: ours }), one));
  });

  it("error: with a fee, prices that nobody has agreed to, alone or added up", async () => {
    const grants = [grantOf(ours, 49n), grantOf(ours, 2n)];
    for (const most of [undefined, 0n, 50n]) {
      const limit = most === undefined ? {} : { maxPrices: most };
      const error = await expectError("REQUEST_INVALID", () =>
        planJob(context({ token: ours }), { program, grants, args: {}, fee: 1n, ...limit }),
      );
      expect(error.data).to.deep.equal({ prices: 51n, maxPrices: most ?? 0n });
    }
  });

  it("error: CONFIG_INVALID where nobody has said in which token, and the chain has none of its own", async () => {
    await expectError("CONFIG_INVALID", () =>
      planJob(context({}), { program, grants: [grantOf(ours, 1n)], args: {}, maxFee: 1n }),
    );
  });
});
