import { expect } from "chai";
import { createRateLimit } from "../../../node/src/enclave/runtime/guardian/rateLimits.ts";
import { expectError } from "../../helpers/errors.ts";

describe("createRateLimit", () => {
  let now: number;
  const limit = () => createRateLimit("job", { burst: 3, perSecond: 2 }, () => now);
  beforeEach(() => {
    now = 0;
  });

  it("default: a burst, then one for each part of a second, by name", async () => {
    const { take } = limit();
    for (let i = 0; i < 3; i++) take("a");
    const { data } = await expectError("RATE_LIMITED", () => take("a"));
    expect(data).to.include({ waitMs: 500 });
    take("b");
    now = 499;
    await expectError("RATE_LIMITED", () => take("a"));
    now = 500;
    take("a");
    await expectError("RATE_LIMITED", () => take("a"));
    now = 1_000_000;
    for (let i = 0; i < 3; i++) take("a");
    await expectError("RATE_LIMITED", () => take("a"));
  });

  it("behavior: a flood of new names neither grows without end nor frees the name that was used last", async () => {
    const { take } = limit();
    for (let i = 0; i < 40_000; i++) take(`stranger ${i}`);
    for (let i = 0; i < 3; i++) take("a");
    for (let i = 0; i < 10_000; i++) take(`other ${i}`);
    await expectError("RATE_LIMITED", () => take("a"));
  });
});
