import { mock } from "node:test";
import { expect } from "chai";
import { createFloodLog, type FloodLog } from "../../../node/src/access/floodLog.ts";

describe("createFloodLog", () => {
  let lines: { code: string; count?: number; path?: string | undefined }[];
  let log: FloodLog;
  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    lines = [];
    log = createFloodLog({ warn: (line: (typeof lines)[number]) => void lines.push(line) } as Parameters<
      typeof createFloodLog
    >[0]);
  });
  afterEach(() => mock.timers.reset());
  const fail = (code: string, times: number) => {
    for (let i = 0; i < times; i++) log.warn({ code, path: `/${i}` }, "request failed");
  };
  const seen = () => lines.map(({ code, path, count }) => [code, path ?? count]);

  it("default: the first of each code at once, then one count a window", () => {
    fail("RATE_LIMITED", 10_000);
    fail("REQUEST_INVALID", 1);
    expect(seen()).to.deep.equal([
      ["RATE_LIMITED", "/0"],
      ["REQUEST_INVALID", "/0"],
    ]);
    mock.timers.tick(60_000);
    expect(seen().slice(2), "nothing of what came once").to.deep.equal([["RATE_LIMITED", 9_999]]);
    mock.timers.tick(600_000);
    expect(lines).to.have.length(3);
    fail("RATE_LIMITED", 1);
    expect(seen().slice(3), "the next window begins with a line").to.deep.equal([["RATE_LIMITED", "/0"]]);
  });

  it("behavior: what was counted is written when it closes", () => {
    fail("RATE_LIMITED", 7);
    log.close();
    expect(seen()).to.deep.equal([
      ["RATE_LIMITED", "/0"],
      ["RATE_LIMITED", 6],
    ]);
    mock.timers.tick(60_000);
    expect(lines).to.have.length(2);
  });
});
