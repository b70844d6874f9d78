import { type AstNode, children, isNode, spanOf, text, walk } from "../solidity/ast.ts";
import type { Edit, PlacedEdit } from "./Mutant.ts";
import { placeSwitch } from "./placeSwitch.ts";

/** What an operator may look at: the node, what is around it (nearest last), and the bytes of the file. */
export type Site = { readonly node: AstNode; readonly parents: readonly AstNode[]; readonly source: Buffer };
export type Operator = (site: Site) => readonly Edit[];

/** Every change that these operators make in a file, in the order of the source. Interfaces have no code and get none. */
export function findEdits(ast: AstNode, source: Buffer, operators: readonly Operator[]): PlacedEdit[] {
  const found: PlacedEdit[] = [];
  for (const [node, parents] of walk(ast)) {
    if ([...parents, node].some(isWithoutCode)) continue;
    const place = placeOf(parents, node);
    for (const operator of operators) {
      for (const edit of operator({ node, parents, source })) {
        found.push({ ...edit, place, at: placeSwitch(edit, nodesAround(edit, parents, node), source) });
      }
    }
  }
  return found.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** An operator may change a part of the node that it was asked about: its condition, its modifier. */
function nodesAround({ start, end }: Edit, parents: readonly AstNode[], node: AstNode): AstNode[] {
  const around = [...parents, node];
  for (let next: AstNode | undefined = node; next !== undefined; ) {
    next = Object.values(next)
      .flat()
      .find((part): part is AstNode => isNode(part) && spanOf(part).start <= start && end <= spanOf(part).end);
    if (next !== undefined) around.push(next);
  }
  return around;
}

/** The text of a node. */
export function textOf({ source }: Site, node: AstNode): string {
  const { start, end } = spanOf(node);
  return source.subarray(start, end).toString("utf8");
}

export function replaceNode(operator: string, node: AstNode, replacement: string): Edit {
  return { operator, ...spanOf(node), replacement };
}

function isWithoutCode({ nodeType, contractKind }: AstNode): boolean {
  return (
    (nodeType === "ContractDefinition" && contractKind === "interface") ||
    ["ImportDirective", "PragmaDirective", "EventDefinition", "ErrorDefinition", "StructuredDocumentation"].includes(
      nodeType,
    )
  );
}

function placeOf(parents: readonly AstNode[], node: AstNode): string {
  return [...parents, node]
    .filter(({ nodeType }) => ["ContractDefinition", "FunctionDefinition", "ModifierDefinition"].includes(nodeType))
    .map((part) => text(part, "name") || text(part, "kind"))
    .join(".");
}

/** The conditions that decide a branch here: of if, ternary, loops and require. */
export function conditionOf(node: AstNode): AstNode | undefined {
  if (["IfStatement", "Conditional", "WhileStatement", "DoWhileStatement", "ForStatement"].includes(node.nodeType)) {
    return node["condition"] as AstNode | undefined;
  }
  if (node.nodeType !== "FunctionCall") return undefined;
  const [condition] = children(node, "arguments");
  const callee = node["expression"] as AstNode | undefined;
  const isCheck = callee?.nodeType === "Identifier" && ["require", "assert"].includes(text(callee, "name"));
  return isCheck ? condition : undefined;
}
