import { type AstNode, spanOf } from "../solidity/ast.ts";
import type { Edit } from "./Mutant.ts";

/** Where two versions of the code can stand side by side: a whole expression, or a whole statement. */
export type Switch = { readonly kind: "expression" | "statement"; readonly start: number; readonly end: number };

/** What has no value that could be chosen at run time, and numbers whose type would change: of 1 and 300 one is uint8. */
const UNCHOOSABLE = /^(function|modifier|type\(|tuple\(\)|module)|int_const|rational_const|literal_string/;
const EXPRESSION =
  /^(Assignment|BinaryOperation|Conditional|ElementaryTypeNameExpression|FunctionCall|FunctionCallOptions|Identifier|IndexAccess|IndexRangeAccess|Literal|MemberAccess|NewExpression|TupleExpression|UnaryOperation)$/;
const STATEMENT = /^(ExpressionStatement|EmitStatement|RevertStatement|IfStatement|Return)$/;

/**
 * The smallest expression or statement around a change that can be chosen at run time.
 *
 * @param around the nodes around the change, nearest last
 * @returns undefined where there is none: a modifier, the length of an array
 */
export function placeSwitch(edit: Edit, around: readonly AstNode[], source: Buffer): Switch | undefined {
  for (const [n, node] of [...around.entries()].reverse()) {
    const span = spanOf(node);
    if (STATEMENT.test(node.nodeType)) {
      return { kind: "statement", start: span.start, end: Math.max(endOf(node, source), edit.end) };
    }
    if (!EXPRESSION.test(node.nodeType)) {
      // `uint256 constant A = 5;`: the number takes the type of what it is given to, whichever is chosen.
      const value = node["value"] ?? node["initialValue"];
      const inside = around[n + 1];
      return inside !== undefined && value === inside ? { kind: "expression", ...spanOf(inside) } : undefined;
    }
    if (node["lValueRequested"] === true) continue;
    const { typeDescriptions } = node as { typeDescriptions?: { typeString?: string | null } };
    if (!UNCHOOSABLE.test(typeDescriptions?.typeString ?? "type(")) return { kind: "expression", ...span };
  }
  return undefined;
}

/** Behind its semicolon: solc's end of a statement lies before it. */
function endOf(node: AstNode, source: Buffer): number {
  const { end } = spanOf(node);
  const semicolon =
    node.nodeType === "IfStatement" ? null : /^\s*;/.exec(source.subarray(end, end + 200).toString("latin1"));
  return end + (semicolon?.[0].length ?? 0);
}
