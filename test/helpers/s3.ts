import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { freePort } from "../../node/src/dev/freePort.ts";

export type S3Server = {
  readonly endpoint: string;
  readonly port: number;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Where it keeps the bucket, one file an object: for looking and for damage. */
  readonly bucketDir: string;
  readonly bucket: string;
  /** A client without retries: a test waits for what happens, not for what happens the third time. */
  client(endpoint?: string): S3Client;
  stop(): Promise<void>;
};

/** A real S3 server over a directory of its own, on a free port of loopback, with one empty bucket. */
export async function startS3(binary: string): Promise<S3Server> {
  const home = await mkdtemp(join(tmpdir(), "persona-s3-"));
  const root = join(home, "buckets");
  await mkdir(root);
  await mkdir(join(home, "meta"));
  const credentials = { accessKeyId: "persona-test", secretAccessKey: "not a secret: only for this test" };
  const port = await freePort(0);
  const endpoint = `http://127.0.0.1:${port}`;
  const server = spawn(
    binary,
    ["--port", `127.0.0.1:${port}`, "--quiet", "--keep-alive", "posix", "--sidecar", join(home, "meta"), root],
    {
      cwd: home,
      env: {
        ...process.env,
        ROOT_ACCESS_KEY_ID: credentials.accessKeyId,
        ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (data: Buffer) => (output += data.toString()));
  const clients: S3Client[] = [];
  const client = (at = endpoint): S3Client => {
    const made = new S3Client({
      endpoint: at,
      region: "us-east-1",
      credentials: { ...credentials },
      forcePathStyle: true,
      maxAttempts: 1,
    });
    clients.push(made);
    return made;
  };
  const stop = async (): Promise<void> => {
    for (const made of clients) made.destroy();
    if (server.exitCode === null && server.signalCode === null) {
      server.kill("SIGKILL");
      await once(server, "exit");
    }
    await rm(home, { recursive: true, force: true });
  };
  const bucket = "blobs";
  try {
    const first = client();
    // It says nothing when it listens: ask until it answers.
    for (let tries = 0; ; tries++) {
      if (server.exitCode !== null)
        throw new Error(`the S3 server ended with ${server.exitCode}: ${output.slice(-500)}`);
      const made = await first.send(new CreateBucketCommand({ Bucket: bucket })).then(
        () => true,
        (cause: unknown) => {
          if (tries > 200) throw cause;
          return false;
        },
      );
      if (made) break;
      await pause(50);
    }
    return { endpoint, port, credentials, bucketDir: join(root, bucket), bucket, client, stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}
