import { DeleteObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { type CallOptions, digestOfCid, type SweepMedium } from "@persona-protocol/sdk/storage";
import type { createS3Store } from "./s3.ts";

/** The pins and blocks of a bucket of `createS3Store`. Objects that are neither are passed over. */
export function s3Sweep(
  client: Pick<S3Client, "send">,
  { bucket: Bucket, prefix = "" }: createS3Store.Parameters,
): SweepMedium {
  /** All objects right below a prefix, none of those further down. */
  async function* list(Prefix: string, { signal }: CallOptions) {
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket, Prefix, Delimiter: "/", ContinuationToken: token });
      const page = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
      for (const { Key = "", Size = 0, LastModified } of page.Contents ?? [])
        yield { key: Key, name: Key.slice(Prefix.length), bytes: Size, writtenAt: LastModified?.getTime() };
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }
  return {
    async *pins(options) {
      for await (const { name } of list(`${prefix}pins/`, options)) yield name;
    },
    async *blocks(options) {
      for await (const { key, name, bytes, writtenAt } of list(prefix, options)) {
        const digest = digestOf(name);
        if (digest === undefined || writtenAt === undefined) continue;
        const remove = async () => {
          await client.send(new DeleteObjectCommand({ Bucket, Key: key }));
        };
        yield { digest, bytes, writtenAt, remove };
      }
    },
  };
}

function digestOf(name: string): `0x${string}` | undefined {
  try {
    return digestOfCid(name);
  } catch {
    return undefined;
  }
}
