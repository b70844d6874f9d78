import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A DKIM signer of its own, after RFC 6376 and RFC 8463: what it makes, the library that we verify with had no part in. */
export type DkimKey = { readonly privateKey: KeyObject; readonly record: string; readonly algorithm: string };

export function rsaKey(bits = 2_048): DkimKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: bits });
  const p = publicKey.export({ format: "der", type: "spki" }).toString("base64");
  return { privateKey, record: `v=DKIM1; k=rsa; p=${p}`, algorithm: "rsa-sha256" };
}

export function ed25519Key(): DkimKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  // The bare key is the end of its DER form.
  const p = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
  return { privateKey, record: `v=DKIM1; k=ed25519; p=${p}`, algorithm: "ed25519-sha256" };
}

export const pemOf = (key: DkimKey) => key.privateKey.export({ format: "pem", type: "pkcs8" }).toString();

export type SignOptions = {
  readonly key: DkimKey;
  readonly domain: string;
  readonly selector?: string;
  readonly canonicalization?: string;
  /** h=, in the order of signing. */
  readonly names?: readonly string[];
  /** Further tags: t, x, l, i … */
  readonly tags?: Readonly<Record<string, string | number>>;
  /** Other than the key's. */
  readonly algorithm?: string;
};

/** @returns the message with a DKIM-Signature before it; lines end in CRLF. */
export function signMail(message: string, options: SignOptions): string {
  const { key, domain, selector = "sel", canonicalization = "relaxed/relaxed", tags = {} } = options;
  const { names = ["from", "to", "subject", "date"], algorithm = key.algorithm } = options;
  const [headerForm = "simple", bodyForm = "simple"] = canonicalization.split("/");
  const border = message.indexOf("\r\n\r\n");
  const fields = unfold(message.slice(0, border + 2));
  const hash = algorithm.endsWith("sha1") ? "sha1" : "sha256";
  const body = canonicalBody(message.slice(border + 4), bodyForm);
  const length = tags["l"] === undefined ? body.length : Number(tags["l"]);
  const bodyHash = createHash(hash).update(body.slice(0, length), "latin1").digest("base64");
  const own =
    `DKIM-Signature: v=1; a=${algorithm}; c=${canonicalization}; d=${domain};\r\n s=${selector}; h=${names.join(":")};` +
    `${Object.entries(tags)
      .map(([name, value]) => ` ${name}=${value};`)
      .join("")}\r\n bh=${bodyHash}; b=`;
  const chosen = takeFields(fields, names);
  const signed = [
    ...chosen.map((field) => canonicalField(field, headerForm)),
    canonicalField(own, headerForm).slice(0, -2),
  ];
  const data = Buffer.from(signed.join(""), "latin1");
  const signature =
    algorithm === "ed25519-sha256"
      ? sign(null, createHash("sha256").update(data).digest(), key.privateKey)
      : sign(hash, data, key.privateKey);
  return `${own}${(signature.toString("base64").match(/.{1,70}/g) ?? []).join("\r\n ")}\r\n${message}`;
}

/** The fields that `names` sign: of those of one name the lowest first. */
export function takeFields(fields: readonly string[], names: readonly string[]): readonly string[] {
  const left = [...fields];
  return names.flatMap((name) => {
    const index = left.findLastIndex((field) => field.split(":")[0]?.trim().toLowerCase() === name.toLowerCase());
    return index < 0 ? [] : left.splice(index, 1);
  });
}

/** Each with its CRLF. */
export const unfold = (header: string): string[] => header.match(/[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*/g) ?? [];

export function canonicalField(field: string, form: string): string {
  const whole = field.endsWith("\r\n") ? field : `${field}\r\n`;
  if (form === "simple") return whole;
  const colon = whole.indexOf(":");
  const value = whole
    .slice(colon + 1)
    .replaceAll("\r\n", "")
    .replace(/[ \t]+/g, " ")
    .trim();
  return `${whole.slice(0, colon).trim().toLowerCase()}:${value}\r\n`;
}

export function canonicalBody(body: string, form: string): string {
  const lines = form === "relaxed" ? body.replace(/[ \t]+(?=\r\n)/g, "").replace(/[ \t]+/g, " ") : body;
  const cut = lines.replace(/(?:\r\n)+$/, "");
  if (cut === "" && form === "relaxed") return "";
  return `${cut}\r\n`;
}
