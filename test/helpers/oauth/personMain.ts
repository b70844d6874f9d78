// A person's device as a process of its own: browses, consents, seals. Arguments: port, root (PEM), the enclave's public facts as JSON.
// Prints the sealed authorization as JSON of hexadecimal texts, and the private key that it is fetched for.
import { bytesToHex, hexToBytes } from "viem";
import { generateKemKeyPair } from "../../../sdk/src/crypto/index.ts";
import {
  beginAuthorization,
  type IngestEnclave,
  oauthProviders,
  sealAuthorization,
} from "../../../sdk/src/ingest/live/index.ts";
import { clientOf } from "./authorizationServer.ts";

const [port = "", root = "", facts = ""] = process.argv.slice(2);
const { kemKey, ...rest } = JSON.parse(facts) as Omit<IngestEnclave, "kemKey"> & { readonly kemKey: `0x${string}` };
const redirectUri = "https://app.example/callback";
const scopes = ["repo"];
const begun = beginAuthorization({ provider: oauthProviders.github, clientId: "persona-test", redirectUri, scopes });
const callback = await clientOf(Number(port), root).browse(begun.url);
const keys = await generateKemKeyPair();
const { enc, ct } = await sealAuthorization(
  { ...rest, kemKey: hexToBytes(kemKey) },
  {
    source: "github",
    server: oauthProviders.github,
    client: { id: "persona-test", secret: null },
    scopes,
    grant: { kind: "code", callback, state: begun.state, verifier: begun.verifier, redirectUri },
    mailbox: null,
    recipient: keys.publicKey,
  },
);
process.stdout.write(`${JSON.stringify({ enc: bytesToHex(enc), ct: bytesToHex(ct) })}\n`);
