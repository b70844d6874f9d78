import { isPersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { readDkimKeys } from "../../../node/src/provenance/dkimKeys.ts";

const name = "sel._domainkey.example.org";
const record = "v=DKIM1; k=rsa; p=AAAA";

describe("readDkimKeys", () => {
  it("default: JSON, a record as text, as its strings, as what DNS tools write", async () => {
    for (const value of [record, ["v=DKIM1; k=rsa;", " p=AAAA"], { TXT: [["v=DKIM1; k=rsa;", " p=AAAA"]] }])
      expect(await readDkimKeys(JSON.stringify({ [name]: value }), "k")(name)).to.equal(record);
  });

  it("default: lines as in a zone file", async () => {
    for (const line of [
      `${name}. 3600 IN TXT "v=DKIM1; k=rsa;" " p=AAAA"`,
      `${name} TXT "${record}"`,
      `${name}\t${record}`,
      `; a comment\r\n\r\n# another\r\nSEL._domainkey.Example.ORG IN TXT "v=DKIM1\\; k=rsa; p=AAAA"\r\n`,
    ])
      expect(await readDkimKeys(line, "k")(name), line).to.equal(record);
  });

  it("behavior: names in any case; a name that is not there is unknown, also those of every object", async () => {
    const resolve = readDkimKeys(JSON.stringify({ [name]: record }), "k");
    expect(await resolve("SEL._domainkey.example.ORG.")).to.equal(record);
    for (const other of ["toString", "__proto__", "other._domainkey.example.org"])
      expect(await resolve(other)).to.equal(undefined);
  });

  it("error: what is no key file, and two keys for one name", () => {
    for (const text of [
      "{",
      "[]",
      `{"${name}": 5}`,
      `{"${name}": []}`,
      `{"${name}": {"TXT": [["a"], ["b"]]}}`,
      `{"${name}": "a", "${name}": "b"}`,
      `{"${name}": "a", "${name.toUpperCase().replace("_DOMAINKEY", "_domainkey")}.": "b"}`,
      `{"${name}": "${"a".repeat(8_193)}"}`,
      `{"__proto__": "a"}`,
      '{"example.org": "v=DKIM1"}',
      name,
      `${name} "a"\n${name} "b"`,
    ])
      expect(() => readDkimKeys(text, "k"), text.slice(0, 100)).to.satisfy((run: () => void) => {
        try {
          run();
        } catch (error) {
          return isPersonaError(error, "CONFIG_INVALID");
        }
        return false;
      });
  });
});
