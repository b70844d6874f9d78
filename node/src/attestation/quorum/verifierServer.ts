import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { type Listening, listen } from "../../listen.ts";
import { decodeQuestion, encodeAnswer, maxQuestionBytes } from "./quorumMessages.ts";
import type { VerifierNode } from "./verifierNode.ts";

export type VerifierServer = Listening;

/** Judged at once: each is some milliseconds of a core. */
const maxUnderWay = 16;
const maxConnections = 128;

/** `POST /judge` with a question (quorumMessages.ts), `GET /healthz`. Anyone may ask: what is signed is true whoever asked. */
export async function startVerifierServer(options: {
  readonly host: string;
  readonly port: number;
  readonly node: VerifierNode;
}): Promise<VerifierServer> {
  const { host, port, node } = options;
  let underWay = 0;
  const server = createServer({ connectionsCheckingInterval: 1_000 }, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      const known = isPersonaError(error) ? error : new PersonaError("INTERNAL", "The verifier failed.");
      const rule = known.data["rule"];
      const text = `${known.code}: ${known.shortMessage}${rule === undefined ? "" : ` (${rule})`}`;
      if (!response.headersSent) response.writeHead(statusOf(known), { connection: "close" });
      response.end(text);
    });
  });
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === "GET" && request.url === "/healthz") return void response.end("ok");
    if (request.method !== "POST" || request.url !== "/judge") {
      throw new PersonaError("REQUEST_INVALID", "There is POST /judge, and nothing else.");
    }
    if (underWay >= maxUnderWay) throw new PersonaError("RATE_LIMITED", "The verifier judges others.");
    underWay += 1;
    try {
      const answer = encodeAnswer(await node.judge(decodeQuestion(await readBody(request))));
      response.writeHead(200, { "content-type": "application/vnd.ipld.dag-cbor" }).end(answer);
    } finally {
      underWay -= 1;
    }
  };
  server.maxConnections = maxConnections;
  server.requestTimeout = 5_000;
  server.headersTimeout = 3_000;
  return listen(server, { host, port, name: "The verifier" });
}

function statusOf({ code }: PersonaError): number {
  if (code === "RATE_LIMITED") return 429;
  if (code === "INTERNAL") return 500;
  return code === "EVIDENCE_REFUSED" ? 422 : 400;
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxQuestionBytes) throw new PersonaError("REQUEST_INVALID", "The question is too large.");
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
