import { PersonaError } from "../errors/index.ts";
import type { ChainBlock, NodeView } from "./nodeView.ts";

/** How far the slowest endpoint may be behind the fastest. */
const maxLagBlocks = 16n;

/**
 * Who the nodes are, as several chain endpoints say alike: at the newest block that all of them have. One endpoint alone could name
 * keys of its own as the guardians', and be sealed what was meant for them.
 *
 * @param views one for each endpoint: `createNodeView(client, deployment)`, or `createChainView`
 * @throws PersonaError CHAIN_DISAGREES from its methods, where the endpoints differ or one is far behind
 */
export function createAgreeingNodeView(views: readonly [NodeView, ...NodeView[]]): NodeView {
  const agreed = async <value>(what: string, read: (view: NodeView) => Promise<value>): Promise<value> => {
    const [first, ...others] = await Promise.all(views.map(read));
    const wanted = plain(first);
    if (others.some((other) => plain(other) !== wanted))
      throw disagree("The chain endpoints answer differently.", { what });
    return first as value;
  };
  const blockAt = (number: bigint): Promise<ChainBlock> => agreed(`block ${number}`, (view) => view.block(number));
  return {
    deployment: views[0].deployment,
    async block(tag) {
      if (tag !== "latest") return blockAt(tag);
      const heads = (await Promise.all(views.map((view) => view.block("latest")))).map(({ number }) => number);
      heads.sort((a, b) => (a < b ? -1 : 1));
      const [lowest = 0n, newest = lowest] = [heads[0], heads.at(-1)];
      if (newest - lowest > maxLagBlocks)
        throw disagree("One chain endpoint is far behind another.", { newest, lowest });
      return blockAt(lowest);
    },
    enclaveKey: (signer, at) => agreed(`key ${signer}`, (view) => view.enclaveKey(signer, at)),
    node: (nodeId, at) => agreed(`node ${nodeId}`, (view) => view.node(nodeId, at)),
  };
}

function plain(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part)) ?? "";
}

function disagree(message: string, data: Record<string, string | bigint>): PersonaError {
  return new PersonaError("CHAIN_DISAGREES", message, { data });
}
