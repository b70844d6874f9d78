import { PersonaError } from "../../errors/index.ts";
import type { ContentLine } from "./readContentLines.ts";

/** What stands between `BEGIN:<name>` and `END:<name>`. */
export type Component = {
  /** In upper case. */
  readonly name: string;
  readonly lines: readonly ContentLine[];
  readonly children: readonly Component[];
  /** Names of what it lies in, the outermost first. */
  readonly within: readonly string[];
  readonly position: number;
  /** The file ended, or what it lies in did, before it did. */
  readonly cut: boolean;
};

type Open = {
  name: string;
  lines: ContentLine[];
  children: Component[];
  position: number;
  bytes: number;
  /** It is handed out when it ends; what lies in it belongs to it. */
  whole: boolean;
};

export type ComponentLimits = { readonly maxDepth: number; readonly maxRecordBytes: number };

/** Lines of one component; an event with more is nobody's. */
const maxLines = 20_000;

/**
 * The components of a file, one at a time. Those for which `isWhole` says so come when they end, with all that lies in them;
 * the others (VCALENDAR, unknown ones) come when they end too, with their own lines, after what lay in them.
 *
 * Ends that are missing or out of order are repaired: an END closes the innermost component of its name, and one without
 * any is skipped.
 *
 * Errors: `EXPORT_INVALID` when the file does not begin with BEGIN, is nested too deep, or has a component too large.
 */
export async function* readComponents(
  lines: AsyncIterable<ContentLine>,
  file: string,
  isWhole: (name: string) => boolean,
  limits: ComponentLimits,
): AsyncGenerator<Component> {
  const stack: Open[] = [];
  let seen = false;
  const invalid = (problem: string, position: number): PersonaError =>
    new PersonaError("EXPORT_INVALID", `${file} ${problem}.`, { data: { file, position } });

  /** Ends the innermost. @returns it when it is to be handed out */
  function close(cut: boolean): Component | undefined {
    const open = stack.pop();
    if (open === undefined) return undefined;
    const within = stack.map(({ name }) => name);
    const { name, position, children } = open;
    const component: Component = { name, lines: open.lines, children, within, position, cut };
    const holder = stack.at(-1);
    if (holder?.whole !== true) return component;
    holder.children.push(component);
    return undefined;
  }

  for await (const line of lines) {
    const { name, value, position } = line;
    if (name === "BEGIN") {
      const component = value.trim().toUpperCase();
      if (!/^[A-Z0-9-]{1,64}$/.test(component)) throw invalid("begins a component that has no name", position);
      seen = true;
      if (stack.length >= limits.maxDepth) throw invalid(`is nested deeper than ${limits.maxDepth}`, position);
      const whole = isWhole(component) || stack.at(-1)?.whole === true;
      stack.push({ name: component, lines: [], children: [], position, bytes: 0, whole });
      continue;
    }
    if (!seen) throw invalid("does not begin with BEGIN", position);
    if (name === "END") {
      const ended = value.trim().toUpperCase();
      const depth = stack.findLastIndex((open) => open.name === ended);
      while (depth >= 0 && stack.length > depth) {
        const component = close(stack.length > depth + 1);
        if (component !== undefined) yield component;
      }
      continue;
    }
    const open = stack.at(-1);
    if (open === undefined) continue;
    const outer = stack.find(({ whole }) => whole) ?? open;
    outer.bytes += value.length;
    if (outer.bytes > limits.maxRecordBytes || open.lines.length >= maxLines) {
      throw invalid("holds a component longer than the limit", open.position);
    }
    open.lines.push(line);
  }
  if (!seen) throw invalid("does not begin with BEGIN", 0);
  while (stack.length > 0) {
    const component = close(true);
    if (component !== undefined) yield component;
  }
}
