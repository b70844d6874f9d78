import type { RecordSchema } from "./recordSchema.ts";

/** A file as it stands, in parts that each fit a value: for what no connector reads. Joined by `part`, they are the file. */
export const fileSchema: RecordSchema = {
  id: "persona:file@1",
  table: "files",
  key: "id",
  time: null,
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "sha256, a colon, and the number of the part." },
    { name: "name", type: "VARCHAR", nullable: false, description: "Its path within the input." },
    {
      name: "media_type",
      type: "VARCHAR",
      nullable: false,
      description: "IANA media type by its first bytes, else by its name; application/octet-stream when neither says.",
    },
    { name: "size", type: "BIGINT", nullable: false, description: "Bytes of the whole file." },
    { name: "sha256", type: "VARCHAR", nullable: false, description: "SHA-256 of the whole file, in hexadecimal." },
    { name: "part", type: "BIGINT", nullable: false, description: "Number of this part, from 0." },
    { name: "parts", type: "BIGINT", nullable: false, description: "How many there are." },
    {
      name: "content",
      type: "VARCHAR",
      nullable: false,
      description: "The part's bytes in base64 (RFC 4648 4).",
      others: "content",
    },
  ],
};
