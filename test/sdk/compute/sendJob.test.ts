import { sendJob } from "@persona-protocol/sdk/compute";
import type { ChainClient, Deployment } from "@persona-protocol/sdk/contracts";
import { createBlobStore, encodeCbor } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { expectError } from "../../helpers/errors.ts";
import { createMemoryMedium } from "../../helpers/memoryMedium.ts";

describe("sendJob", () => {
  it("error: a store that cannot give bundle and program back: nothing is asked of the chain", async () => {
    const medium = createMemoryMedium();
    const store = createBlobStore({ ...medium, read: async (cid) => medium.blocks.get(cid)?.map((byte) => byte ^ 1) });
    const asked: PropertyKey[] = [];
    const client = new Proxy({} as ChainClient, {
      get(_, name) {
        asked.push(name);
        throw new Error("the chain was asked");
      },
    });
    const job = {
      bundle: encodeCbor({ a: 1 }),
      programBytes: encodeCbor({ b: 1 }),
      program: { v: 1 },
    } as Parameters<typeof sendJob>[1];
    const error = await expectError("DIGEST_MISMATCH", () =>
      sendJob({ client, deployment: {} as Deployment, store }, job),
    );
    expect(error.data).to.include.keys("got", "wanted");
    expect(asked).to.deep.equal([]);
    expect(medium.blocks.size).to.equal(2);
  });
});
