import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import { connect, createSecureContext, rootCertificates, type SecureContext, type TLSSocket } from "node:tls";
import { isPersonaError, type PersonaError, sourceError } from "@persona-protocol/sdk/errors";
import { derOfPem, rootsDigestOf } from "@persona-protocol/sdk/ingest/live";
import type { Hex } from "viem";

/** The roots that an enclave believes, and nothing else of the system's. */
export type RootStore = { readonly digest: Hex; readonly context: SecureContext };

/** @param extra roots in PEM beside those that Node's release carries: they change the digest, so nothing sealed for the usual set opens */
export function createRootStore(extra: readonly string[] = []): RootStore {
  const ca = [...rootCertificates, ...extra];
  const digest = rootsDigestOf(ca.map(derOfPem));
  return { digest, context: createSecureContext({ ca, minVersion: "TLSv1.2" }) };
}

/** A TLS connection whose other end has proved its name, and the certificate that it has shown. */
export type TlsConnection = { readonly socket: TLSSocket; readonly certificate: Hex };

const handshakeTimeoutMs = 30_000;

/**
 * TLS over a stream that anybody may carry. Resolves once the certificate was verified for `host`: nothing is written before.
 *
 * @throws PersonaError SOURCE_CERTIFICATE_INVALID, SOURCE_UNAVAILABLE
 */
export async function openTls(
  stream: Duplex,
  { host, roots, alpn }: { readonly host: string; readonly roots: RootStore; readonly alpn?: string },
): Promise<TlsConnection> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({
    socket: stream,
    ...(isAddress(host) ? {} : { servername: host }),
    host,
    secureContext: roots.context,
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
  });
  const timer = setTimeout(
    () => reject(sourceError("SOURCE_UNAVAILABLE", "The TLS handshake took too long.")),
    handshakeTimeoutMs,
  );
  socket.once("secureConnect", resolve);
  socket.once("error", reject);
  socket.once("close", () =>
    reject(sourceError("SOURCE_UNAVAILABLE", "The connection ended during the TLS handshake.")),
  );
  stream.once("error", reject);
  try {
    await promise;
    const { raw } = socket.getPeerCertificate();
    if (!socket.authorized || raw === undefined) {
      throw sourceError("SOURCE_CERTIFICATE_INVALID", "The host has shown no certificate that was verified.", {
        data: { host },
      });
    }
    return { socket, certificate: `0x${createHash("sha256").update(raw).digest("hex")}` };
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    throw connectionError(error, host);
  } finally {
    clearTimeout(timer);
  }
}

const isAddress = (host: string) => /^[\d.]+$|:/.test(host);

/** What Node says of certificates that do not hold, in codes of OpenSSL's and its own. */
const certificateCodes =
  /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(?:GET|VERIFY|DECRYPT|DECODE)|INVALID_(?:CA|PURPOSE)|HOSTNAME_MISMATCH|PATH_LENGTH|ERROR_IN_CERT)/;

/** An error of a connection as one of the table. Texts of the other side are not repeated. */
export function connectionError(error: unknown, host: string): PersonaError {
  if (isPersonaError(error) && /^SOURCE_/.test(error.code)) return error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  if (certificateCodes.test(code)) {
    return sourceError("SOURCE_CERTIFICATE_INVALID", "The host's certificate does not hold.", {
      data: { host, problem: code },
      cause: error,
    });
  }
  if (code.startsWith("HPE_")) {
    return sourceError("SOURCE_ANSWER_INVALID", "The host's answer is not HTTP.", {
      data: { host, problem: code },
      cause: error,
    });
  }
  return sourceError("SOURCE_UNAVAILABLE", "The connection to the service failed.", { data: { host }, cause: error });
}
