import { z } from "zod";

/** The one call that must not be sent again when nobody knows whether it was taken: it travels alone. */
const ALONE = "eth_sendRawTransaction";
/** Requests under way to an endpoint that takes no batches. */
const AT_ONCE = 8;

type Call = { readonly id: number; readonly method: string };
type Answer = { readonly id: number };

/** An overloaded endpoint is not asked 64 things in place of one; its answer goes to the caller. */
const overloaded: readonly number[] = [429, 502, 503, 504];

/**
 * `fetch` for a JSON-RPC client that sends batches (JSON-RPC 2.0, 6). Some endpoints refuse them, answer with one error in place of the
 * answers, or leave answers out: then the same requests go one by one, and once that has helped, so do all later ones. Answers are
 * matched by their ids before the client sees them, because it matches them by their places: an endpoint that
 * left one out would have all others taken for answers to something else.
 */
export function batchingFetch(): typeof fetch {
  let takesBatches = true;
  return async (url, init) => {
    const calls = callsOf(init?.body);
    if (calls === undefined) return fetch(url, init);
    const one = async (call: Call): Promise<Response> => fetch(url, { ...init, body: JSON.stringify(call) });
    const [first] = calls;
    if (calls.length === 1 && first !== undefined) return wrapped(await one(first));
    if (takesBatches && calls.every(({ method }) => method !== ALONE)) {
      const response = await fetch(url, init);
      if (overloaded.includes(response.status)) return response;
      const text = await response.text();
      if (response.ok && answersAll(text, calls)) return respond(text);
    }
    const answers = await oneByOne(calls, one);
    if ("failed" in answers) return answers.failed;
    if (calls.every(({ method }) => method !== ALONE)) takesBatches = false;
    return respond(`[${answers.texts.join(",")}]`);
  };
}

/** In the order of the calls; or the first answer that is none. */
async function oneByOne(
  calls: readonly Call[],
  send: (call: Call) => Promise<Response>,
): Promise<{ readonly texts: readonly string[] } | { readonly failed: Response }> {
  const texts: string[] = [];
  for (let at = 0; at < calls.length; at += AT_ONCE) {
    const some = calls.slice(at, at + AT_ONCE);
    const responses = await Promise.all(some.map(send));
    const failed = responses.find(({ ok }) => !ok);
    if (failed !== undefined) return { failed };
    for (const [i, response] of responses.entries()) {
      const text = await response.text();
      const call = some[i];
      // Not an answer to this call: the client says so of an empty list.
      if (call === undefined || !answersAll(`[${text}]`, [call])) return { failed: respond("[]") };
      texts.push(text);
    }
  }
  return { texts };
}

/** A list of one, as the client expects it. */
async function wrapped(response: Response): Promise<Response> {
  return response.ok ? respond(`[${await response.text()}]`) : response;
}

const batchSchema = z.array(z.looseObject({ id: z.number(), method: z.string() })).min(1);
const answersSchema = z.array(z.looseObject({ id: z.number() }));

/** The calls of a batch; undefined for anything else. */
function callsOf(body: unknown): readonly Call[] | undefined {
  return typeof body === "string" && body.startsWith("[") ? batchSchema.parse(JSON.parse(body)) : undefined;
}

/** One answer for each call and no other. */
function answersAll(text: string, calls: readonly Call[]): boolean {
  let answers: readonly Answer[];
  try {
    answers = answersSchema.parse(JSON.parse(text));
  } catch {
    return false;
  }
  const ids = new Set(answers.map(({ id }) => id));
  return answers.length === calls.length && calls.every(({ id }) => ids.has(id));
}

function respond(text: string): Response {
  return new Response(text, { headers: { "content-type": "application/json" } });
}
