import { createRequire } from "node:module";
import { releasableCondition } from "@persona-protocol/sdk/access/lit";
import { Ajv } from "ajv";
import { expect } from "chai";
import { createRandom, testSeed } from "../../../helpers/random.ts";
import { randomHex32, randomStruct } from "../../../helpers/structs.ts";

const random = createRandom(testSeed());
const require = createRequire(import.meta.url);

type Published = { loadSchema(name: "LPACC_EVM_CONTRACT"): Promise<object> };

describe("the condition, by Lit's own published schema", () => {
  const condition = releasableCondition({
    chain: "sepolia",
    releasableView: "0x00000000000000000000000000000000000000a1",
    jobId: randomHex32(random),
    params: randomStruct("JobParams", random),
    input: 3,
  });
  let valid: (value: unknown) => boolean;
  before(async () => {
    const { loadSchema } = require("@lit-protocol/accs-schemas") as Published;
    const schema = { ...(await loadSchema("LPACC_EVM_CONTRACT")) };
    // What `import * as` of a CommonJS module adds is no part of it.
    Reflect.deleteProperty(schema, "default");
    const compiled = new Ajv({ strict: false }).compile(schema);
    valid = (value) => compiled(value);
  });

  it("default: is one", () => {
    expect(valid(condition)).to.equal(true);
  });

  it("error: with a field too many, a field too few, another kind, or a number for a text it is none", () => {
    expect(valid({ ...condition, anything: "else" })).to.equal(false);
    expect(valid({ ...condition, conditionType: "evmBasic" })).to.equal(false);
    expect(valid({ ...condition, chain: "a chain that Lit does not know" })).to.equal(false);
    expect(valid({ ...condition, functionParams: [3] })).to.equal(false);
    for (const field of Object.keys(condition).filter((name) => name !== "conditionType")) {
      const less: Record<string, unknown> = { ...condition };
      delete less[field];
      expect(valid(less), field).to.equal(false);
    }
  });
});
