import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type TestCertificate = { readonly key: string; readonly cert: string };

export type TestAuthority = {
  /** PEM of the root. */
  readonly root: string;
  /** A certificate for these names, by this root. @param days negative: it has expired */
  issue(names: readonly string[], days?: number): TestCertificate;
};

const folders: string[] = [];

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** A certificate authority of a test's own, by OpenSSL. */
export function createTestAuthority(): TestAuthority {
  const folder = mkdtempSync(join(tmpdir(), "persona-ca-"));
  if (folders.length === 0) process.once("exit", removeAll);
  folders.push(folder);
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "3650",
    "-subj",
    "/CN=Persona test root",
  );
  let serial = 1;
  return {
    root: readFileSync(path("ca.pem"), "utf8"),
    issue(names, days = 30) {
      const name = `leaf${serial++}`;
      openssl("req", "-new", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${names[0] ?? ""}`);
      const list = names.map((each) => (/^[\d.]+$/.test(each) ? `IP:${each}` : `DNS:${each}`)).join(",");
      writeFileSync(path(`${name}.ext`), `subjectAltName=${list}\nbasicConstraints=CA:FALSE\n`);
      openssl(
        ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", String(serial)],
        ...["-extfile", `${name}.ext`, "-days", String(days), "-out", `${name}.pem`],
      );
      return { key: readFileSync(path(`${name}.key`), "utf8"), cert: readFileSync(path(`${name}.pem`), "utf8") };
    },
  };
}
