import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { encode } from "@ipld/dag-cbor";
import { expect } from "chai";
import { carryBytes } from "../../../node/src/compute/carryBytes.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment } from "../../helpers/structs.ts";

type Context = Parameters<typeof carryBytes>[0];
const random = createRandom(testSeed());

describe("carryBytes", () => {
  const answer = random.bytes(40);
  /** What the guardian does with each request, one after the other; then it answers. */
  async function asked(...does: readonly ("hangs up" | "starts" | "refuses")[]) {
    let requests = 0;
    const server = createServer((request, response) => {
      const what = does[requests];
      requests += 1;
      request.resume();
      const code = what === "starts" ? "GUARDIANS_UNAVAILABLE" : "REQUEST_INVALID";
      if (what === "hangs up") request.socket.destroy();
      else if (what === undefined) response.end(answer);
      else response.writeHead(what === "starts" ? 503 : 400).end(encode({ code, message: "no", data: {} }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = { readContract: async () => ({ endpoint }) };
    const carried = carryBytes({ client, deployment: randomDeployment(random), store: {} } as unknown as Context);
    try {
      return { answer: await carried["ask"]?.({ guardian: 1, body: random.bytes(9) }), requests };
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it("behavior: a guardian that starts again is asked again", async () => {
    for (const what of ["hangs up", "starts"] as const)
      expect(await asked(what), what).to.deep.equal({ answer, requests: 2 });
  });

  it("error: what a guardian says for good is said once", async () => {
    await expectError("REQUEST_INVALID", () => asked("refuses", "refuses"));
  });
});
