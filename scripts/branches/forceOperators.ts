import { conditionOf, type Operator, replaceNode, type Site, textOf } from "../mutate/findEdits.ts";
import type { Edit } from "../mutate/Mutant.ts";
import { modifier } from "../mutate/operators.ts";
import { child, text } from "../solidity/ast.ts";

const TO_TRUE = "force true";
export const TO_FALSE = "force false";

/**
 * Each condition, and each operand of `&&` and `||`, made always true and always false. The condition is still asked, so
 * that what it calls is called. A test that fails when a condition is always true had taken the other side, and looked.
 */
export const forceOperators: readonly Operator[] = [
  (site) => {
    const condition = conditionOf(site.node);
    return condition === undefined ? [] : force(site, condition);
  },
  // What a modifier refuses, a test must notice when it is gone.
  modifier,
  (site) => {
    if (!isLogic(site.node)) return [];
    const operands = [child(site.node, "leftExpression"), child(site.node, "rightExpression")];
    // Of `a && b && c` the parts are asked about, not `a && b` as well.
    return operands.flatMap((node) => (node === undefined || isLogic(node) ? [] : force(site, node)));
  },
];

function isLogic(node: Site["node"]): boolean {
  return node.nodeType === "BinaryOperation" && ["&&", "||"].includes(text(node, "operator"));
}

function force(site: Site, node: Site["node"]): Edit[] {
  const condition = textOf(site, node);
  return [
    replaceNode(TO_TRUE, node, `((${condition}) || true)`),
    replaceNode(TO_FALSE, node, `((${condition}) && false)`),
  ];
}
