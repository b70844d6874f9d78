import { applyEdit, type Edit } from "./Mutant.ts";
import type { Switch } from "./placeSwitch.ts";

/** A change, its number, and where it can be chosen. */
export type Numbered = { readonly edit: Edit; readonly number: number; readonly at: Switch };

export type Combined = {
  readonly text: string;
  /** Where in the text each change stands, in bytes. */
  readonly places: readonly { readonly number: number; readonly start: number; readonly end: number }[];
};

/** The constant that chooses. The compiler leaves its 32 bytes in the code as they are, for another number to be put there. */
export const CHOSEN = "5ee1ec7edbadc0de5ee1ec7edbadc0de5ee1ec7edbadc0de5ee1ec7edbadc0de";
const NAME = "chosenMutant";

/**
 * One text of a file that is each of these changes, and the unchanged file too: which one, the constant says. It is compiled
 * once, where each change by itself would be compiled again.
 */
export function combineMutants(source: Buffer, mutants: readonly Numbered[]): Combined {
  const groups = [...Map.groupBy(mutants, ({ at }) => `${at.kind} ${at.start} ${at.end}`).values()].flatMap((list) =>
    list[0] === undefined ? [] : [{ at: list[0].at, list }],
  );
  // Outer before inner; an expression that is a whole statement is inside it.
  groups.sort((a, b) => a.at.start - b.at.start || b.at.end - a.at.end || (a.at.kind === "statement" ? -1 : 1));
  const parts: Buffer[] = [];
  const places: { number: number; start: number; end: number }[] = [];
  let length = 0;
  const write = (text: string | Buffer) => {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    parts.push(bytes);
    length += bytes.length;
  };
  let next = 0;
  const writeUntil = (start: number, end: number) => {
    let at = start;
    for (let group = groups[next]; group !== undefined && group.at.start < end; group = groups[next]) {
      next += 1;
      write(source.subarray(at, group.at.start));
      at = group.at.end;
      writeGroup(group.at, group.list);
    }
    write(source.subarray(at, end));
  };
  const writeGroup = (at: Switch, list: readonly Numbered[]) => {
    const isStatement = at.kind === "statement";
    write(isStatement ? "{ " : "(");
    for (const { edit, number } of list) {
      const [start, end] = [edit.start - at.start, edit.end - at.start];
      const changed = applyEdit(source.subarray(at.start, at.end), { ...edit, start, end });
      write(isStatement ? `if (${NAME} == ${number}) { ` : `${NAME} == ${number} ? (`);
      const place = { number, start: length, end: length + Buffer.byteLength(changed) };
      places.push(place);
      write(isStatement ? `${changed} } else ` : `${changed}) : `);
    }
    write(isStatement ? "{ " : "(");
    writeUntil(at.start, at.end);
    write(isStatement ? " } }" : "))");
  };
  writeUntil(0, source.length);
  write(`\nuint256 constant ${NAME} = 0x${CHOSEN};\n`);
  return { text: Buffer.concat(parts).toString("utf8"), places };
}

/** @returns the code with this change, or with none for 0 */
export function choose(code: string, number: number): string {
  return code.replaceAll(CHOSEN, number.toString(16).padStart(64, "0"));
}
