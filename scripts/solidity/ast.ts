/** A node of solc's AST. Only what every node has; the rest is read field by field, where it is known. */
export type AstNode = { readonly id: number; readonly nodeType: string; readonly src: string } & {
  readonly [field: string]: unknown;
};

/** Bytes (not characters) of a source file. */
export type Span = { readonly start: number; readonly end: number };

export function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}

export function spanOf(node: AstNode): Span {
  const [start = 0, length = 0] = node.src.split(":").map(Number);
  return { start, end: start + length };
}

/** The node in this field, or undefined. */
export function child(node: AstNode, field: string): AstNode | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

/** The nodes in this field, which is a list. */
export function children(node: AstNode, field: string): readonly AstNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

export function text(node: AstNode, field: string): string {
  const value = node[field];
  return typeof value === "string" ? value : "";
}

/** Every node below this one and the node itself, outer before inner, each with the nodes around it (nearest last). */
export function* walk(
  node: AstNode,
  parents: readonly AstNode[] = [],
): Generator<readonly [AstNode, readonly AstNode[]]> {
  yield [node, parents];
  const inside = [...parents, node];
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) if (isNode(item)) yield* walk(item, inside);
  }
}
