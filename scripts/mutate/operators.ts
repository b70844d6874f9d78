import { type AstNode, child, children, spanOf, text } from "../solidity/ast.ts";
import { conditionOf, type Operator, replaceNode, type Site, textOf } from "./findEdits.ts";
import type { Edit } from "./Mutant.ts";

const BINARY: Readonly<Record<string, readonly [name: string, other: string]>> = {
  "<": ["compare", "<="],
  "<=": ["compare", "<"],
  ">": ["compare", ">="],
  ">=": ["compare", ">"],
  "==": ["compare", "!="],
  "!=": ["compare", "=="],
  "+": ["arithmetic", "-"],
  "-": ["arithmetic", "+"],
  "*": ["arithmetic", "/"],
  "/": ["arithmetic", "*"],
  "%": ["arithmetic", "/"],
  "**": ["arithmetic", "*"],
  "<<": ["arithmetic", ">>"],
  ">>": ["arithmetic", "<<"],
  "&": ["arithmetic", "|"],
  "|": ["arithmetic", "&"],
  "^": ["arithmetic", "&"],
  "&&": ["boolean", "||"],
  "||": ["boolean", "&&"],
};

const ASSIGNMENT: Readonly<Record<string, string>> = {
  "+=": "-=",
  "-=": "+=",
  "*=": "/=",
  "/=": "*=",
  "|=": "&=",
  "&=": "|=",
};

/** Every operator of `npm run mutate`. Assembly is not mutated. */
export const operators: readonly Operator[] = [binary, assignment, unary, negate, remove, constant, modifier];

function binary(site: Site): Edit[] {
  const { node } = site;
  const [name, other] = (node.nodeType === "BinaryOperation" && BINARY[text(node, "operator")]) || [];
  const [left, right] = [child(node, "leftExpression"), child(node, "rightExpression")];
  if (name === undefined || left === undefined || right === undefined) return [];
  return [replaceNode(name, node, `${textOf(site, left)} ${other} ${textOf(site, right)}`)];
}

function assignment(site: Site): Edit[] {
  const { node } = site;
  const other = node.nodeType === "Assignment" ? ASSIGNMENT[text(node, "operator")] : undefined;
  const [left, right] = [child(node, "leftHandSide"), child(node, "rightHandSide")];
  if (other === undefined || left === undefined || right === undefined) return [];
  return [replaceNode("arithmetic", node, `${textOf(site, left)} ${other} ${textOf(site, right)}`)];
}

function unary(site: Site): Edit[] {
  const { node } = site;
  const inner = child(node, "subExpression");
  if (node.nodeType !== "UnaryOperation" || inner === undefined) return [];
  const operator = text(node, "operator");
  if (operator === "!") return [replaceNode("negate", node, textOf(site, inner))];
  const other = { "++": "--", "--": "++" }[operator];
  if (other === undefined) return [];
  return [
    replaceNode(
      "arithmetic",
      node,
      node["prefix"] === true ? other + textOf(site, inner) : textOf(site, inner) + other,
    ),
  ];
}

/** Conditions, and what a function answers with yes or no. */
function negate(site: Site): Edit[] {
  const { node } = site;
  const answer = node.nodeType === "Return" ? child(node, "expression") : undefined;
  const condition = conditionOf(node) ?? (answer !== undefined && isBool(answer) ? answer : undefined);
  // `!a` is undone by `unary`, `a == b` by `binary`.
  if (condition === undefined || text(condition, "operator") === "!" || isEquality(condition)) return [];
  return [replaceNode("negate", condition, `!(${textOf(site, condition)})`)];
}

/** A statement that writes, calls, emits, checks or reverts; `if (…) revert …;` as a whole. */
function remove(site: Site): Edit[] {
  const { node, parents } = site;
  const parent = parents.at(-1);
  if (parent?.nodeType === "ForStatement" && parent["body"] !== node) return [];
  if (node.nodeType === "IfStatement") return onlyReverts(node) ? [removeStatement(site, "delete check")] : [];
  if (node.nodeType === "EmitStatement") return [removeStatement(site, "delete emit")];
  if (node.nodeType === "RevertStatement") {
    const around = parent?.nodeType === "Block" ? parents.at(-2) : parent;
    return around?.nodeType === "IfStatement" && onlyReverts(around) ? [] : [removeStatement(site, "delete check")];
  }
  const expression = node.nodeType === "ExpressionStatement" ? child(node, "expression") : undefined;
  if (expression === undefined) return [];
  if (conditionOf(expression) !== undefined) return [removeStatement(site, "delete check")];
  if (["Assignment", "UnaryOperation"].includes(expression.nodeType)) return [removeStatement(site, "delete write")];
  return expression.nodeType === "FunctionCall" ? [removeStatement(site, "delete call")] : [];
}

function constant(site: Site): Edit[] {
  const { node, parents } = site;
  if (node.nodeType !== "Literal" || parents.some(({ nodeType }) => nodeType === "ArrayTypeName")) return [];
  const written = textOf(site, node);
  if (node["kind"] === "bool") return [replaceNode("constant", node, written === "true" ? "false" : "true")];
  if (node["kind"] !== "number" || /^0x[0-9a-fA-F]{40}$/.test(written)) return [];
  const more = replaceNode("constant", node, `(${written} + 1)`);
  return Number(node["value"]) === 0 ? [more] : [more, replaceNode("constant", node, `(${written} - 1)`)];
}

export function modifier({ node }: Site): Edit[] {
  if (node.nodeType !== "FunctionDefinition") return [];
  return children(node, "modifiers")
    .filter((use) => use["kind"] === "modifierInvocation")
    .map((use) => replaceNode("drop modifier", use, ""));
}

/** `{}` is a statement wherever a statement may stand; solc's end of a statement may lie before its semicolon. */
function removeStatement({ node, source }: Site, operator: string): Edit {
  const { start, end } = spanOf(node);
  const semicolon = /^\s*;/.exec(source.subarray(end, end + 200).toString("latin1"));
  return { operator, start, end: end + (semicolon?.[0].length ?? 0), replacement: "{}" };
}

function onlyReverts(node: AstNode): boolean {
  if (child(node, "falseBody") !== undefined) return false;
  const body = child(node, "trueBody");
  const statements = body?.nodeType === "Block" ? children(body, "statements") : [body];
  return statements.length === 1 && statements[0]?.nodeType === "RevertStatement";
}

function isBool(node: AstNode): boolean {
  const { typeDescriptions } = node as { typeDescriptions?: { typeString?: string } };
  return typeDescriptions?.typeString === "bool";
}

function isEquality(node: AstNode): boolean {
  return node.nodeType === "BinaryOperation" && ["==", "!="].includes(text(node, "operator"));
}
