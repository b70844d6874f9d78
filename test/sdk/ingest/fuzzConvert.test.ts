import {
  readRecords,
  recordFormats,
  type SchemaRecord,
  viewSchema,
  writeRecords,
} from "../../../sdk/src/ingest/index.ts";
import { createFuzz, refusedOr } from "../../helpers/fuzz.ts";

const record: SchemaRecord = {
  ...Object.fromEntries(viewSchema.columns.map(({ name }) => [name, null])),
  id: "a\n",
  started: new Date(0),
  title: "",
  duration_seconds: 93_600n,
};

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50) yield bytes.subarray(at, at + 50);
}

describe("fuzz of convertRecords", () => {
  for (const format of recordFormats)
    it(`behavior: changed ${format} is read or refused`, async () => {
      const written: Uint8Array[] = [];
      for await (const piece of writeRecords(viewSchema, [record, { ...record, id: "b" }], { format }))
        written.push(piece);
      await createFuzz().fuzz(Buffer.concat(written), async (changed) => {
        await refusedOr(async () => {
          for await (const _ of readRecords(viewSchema, pieces(changed), { format, file: "f" }));
        });
      });
    }).timeout(0);
});
