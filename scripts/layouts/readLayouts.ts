import { viaIR } from "../../hardhat.config.ts";
import { children, isNode, text, walk } from "../solidity/ast.ts";
import { compileSolidity, mustCompile, type SolidityOutput } from "../solidity/compileSolidity.ts";
import { readProject } from "../solidity/readProject.ts";

export type Slot = {
  readonly slot: number;
  readonly offset: number;
  readonly bytes: number;
  readonly label: string;
  readonly type: string;
};

export type Layout = {
  readonly storage: readonly Slot[];
  readonly transient?: readonly Slot[];
  /** The members of every struct that is stored, and of every enum in their order, which is their number. */
  readonly structs?: Readonly<Record<string, readonly Slot[]>>;
  readonly enums?: Readonly<Record<string, readonly string[]>>;
};

/** By contract: `contracts/storage/DatasetRegistry.sol:DatasetRegistry`. */
export type Layouts = Readonly<Record<string, Layout>>;

type RawSlot = { label: string; offset: number; slot: string; type: string };
type RawType = { label: string; numberOfBytes: string; members?: readonly RawSlot[] };
type RawLayout = { storage: readonly RawSlot[]; types: Readonly<Record<string, RawType>> | null };

/** The layout of each contract that can be deployed, from the compiler. No AST ids: those change with every line. */
export function readLayouts(root: string): Layouts {
  const { sources, own } = readProject(root);
  const settings = viaIR.settings;
  const outputs = ["storageLayout", "transientStorageLayout"];
  const output = mustCompile(compileSolidity({ sources, settings, select: { "*": { "": ["ast"], "*": outputs } } }));
  const enums = enumsOf(output);
  const found = own.flatMap((path) =>
    deployable(output, path).map((name): [string, Layout] => {
      const { storageLayout, transientStorageLayout } = output.contracts?.[path]?.[name] ?? {};
      return [`${path}:${name}`, layoutOf(storageLayout as RawLayout, transientStorageLayout as RawLayout, enums)];
    }),
  );
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function deployable(output: SolidityOutput, path: string): string[] {
  const ast = output.sources?.[path]?.ast;
  if (ast === undefined) return [];
  return children(ast, "nodes")
    .filter(({ nodeType, contractKind, abstract }) => {
      return nodeType === "ContractDefinition" && contractKind === "contract" && abstract !== true;
    })
    .map((node) => text(node, "name"));
}

function layoutOf(storage: RawLayout, transient: RawLayout, enums: ReadonlyMap<string, readonly string[]>): Layout {
  const types = { ...storage.types, ...transient.types };
  const slots = (list: readonly RawSlot[]): Slot[] =>
    list.map(({ slot, offset, type, label }) => {
      const bytes = Number(types[type]?.numberOfBytes ?? 0);
      return { slot: Number(slot), offset, bytes, label, type: types[type]?.label ?? type };
    });
  const all = Object.values(types).sort((a, b) => (a.label < b.label ? -1 : 1));
  const structs = all.flatMap(({ label, members }) =>
    members === undefined ? [] : [[label, slots(members)] as const],
  );
  const stored = all.flatMap(({ label }) => {
    const members = enums.get(label);
    return members === undefined ? [] : [[label, members] as const];
  });
  return {
    storage: slots(storage.storage),
    ...(transient.storage.length > 0 && { transient: slots(transient.storage) }),
    ...(structs.length > 0 && { structs: Object.fromEntries(structs) }),
    ...(stored.length > 0 && { enums: Object.fromEntries(stored) }),
  };
}

/** By the label that layouts use: `enum JobStatus`, `enum IJobs.Status`. */
function enumsOf(output: SolidityOutput): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { ast } of Object.values(output.sources ?? {})) {
    if (!isNode(ast)) continue;
    for (const [node] of walk(ast)) {
      if (node.nodeType !== "EnumDefinition") continue;
      const members = children(node, "members").map((member) => text(member, "name"));
      found.set(`enum ${text(node, "canonicalName")}`, members);
    }
  }
  return found;
}
