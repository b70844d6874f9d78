import type { ArchiveEntry, InspectedInput } from "../connector.ts";

/** A kind of file of the archive; `names` are the wrapper names it may carry. */
export type XFileKind = { readonly pattern: RegExp; readonly names: readonly string[] };

/**
 * The files this connector reads. `tweet.js` is the name until 2020, `tweets.js` the one since; for a while the new file had
 * the old wrapper. Big files go on in `-part1.js`, `-part2.js` …; three digits, so that nobody makes us open 100,000 files.
 */
export const xFileKinds = {
  account: { pattern: /^account(?:-part(\d{1,3}))?\.js$/, names: ["account"] },
  profile: { pattern: /^profile(?:-part(\d{1,3}))?\.js$/, names: ["profile"] },
  posts: {
    pattern: /^(?:community-)?tweets?(?:-part(\d{1,3}))?\.js$/,
    names: ["tweets", "tweet", "community_tweet"],
  },
  notes: { pattern: /^note-tweet(?:-part(\d{1,3}))?\.js$/, names: ["note_tweet"] },
  likes: { pattern: /^like(?:-part(\d{1,3}))?\.js$/, names: ["like"] },
  messages: { pattern: /^direct-messages?(?:-part(\d{1,3}))?\.js$/, names: ["direct_messages", "direct_message"] },
  groupMessages: {
    pattern: /^direct-messages?-group(?:-part(\d{1,3}))?\.js$/,
    names: ["direct_messages_group", "direct_message_group", "direct_message_group_conversations"],
  },
  followers: { pattern: /^follower(?:-part(\d{1,3}))?\.js$/, names: ["follower"] },
  following: { pattern: /^following(?:-part(\d{1,3}))?\.js$/, names: ["following"] },
} as const satisfies Record<string, XFileKind>;

export type XFiles = {
  /** Folder the files lie in, with its `/`; empty for the archive's root. `data/` in every archive since 2020. */
  readonly folder: string;
  readonly files: Readonly<Record<keyof typeof xFileKinds, readonly ArchiveEntry[]>>;
  readonly manifest: ArchiveEntry | undefined;
};

/** Deepest folder that is looked at: `<name of the zip>/data/` and one more. */
const maxFolders = 3;

/**
 * The folder that most looks like an X archive's: the one with the most kinds of its files, then the least deep, then the
 * first by name. Undefined when no folder has posts, an account or likes.
 */
export function findXFiles(entries: readonly ArchiveEntry[]): XFiles | undefined {
  const folders = new Map<string, Map<keyof typeof xFileKinds, ArchiveEntry[]>>();
  const manifests = new Map<string, ArchiveEntry>();
  for (const entry of entries) {
    const cut = entry.path.lastIndexOf("/") + 1;
    const folder = entry.path.slice(0, cut);
    const name = entry.path.slice(cut);
    if (name === "manifest.js") manifests.set(folder, entry);
    for (const kind of kindNames) {
      if (!xFileKinds[kind].pattern.test(name)) continue;
      const kinds = folders.get(folder) ?? new Map<keyof typeof xFileKinds, ArchiveEntry[]>();
      folders.set(folder, kinds);
      const parts = kinds.get(kind);
      if (parts === undefined) kinds.set(kind, [entry]);
      else parts.push(entry);
    }
  }
  const [best] = [...folders]
    .filter(
      ([folder, kinds]) =>
        depthOf(folder) <= maxFolders && (kinds.has("posts") || kinds.has("account") || kinds.has("likes")),
    )
    .sort(([a, ofA], [b, ofB]) => ofB.size - ofA.size || depthOf(a) - depthOf(b) || (a < b ? -1 : 1));
  if (best === undefined) return undefined;
  const [folder, kinds] = best;
  const sorted = (kind: keyof typeof xFileKinds): readonly ArchiveEntry[] =>
    (kinds.get(kind) ?? []).sort(
      (a, b) => partOf(a, kind, folder) - partOf(b, kind, folder) || (a.path < b.path ? -1 : 1),
    );
  return {
    folder,
    manifest: manifests.get(folder),
    files: {
      account: sorted("account"),
      profile: sorted("profile"),
      posts: sorted("posts"),
      notes: sorted("notes"),
      likes: sorted("likes"),
      messages: sorted("messages"),
      groupMessages: sorted("groupMessages"),
      followers: sorted("followers"),
      following: sorted("following"),
    },
  };
}

/** An input of more files is an archive, whose names are X's own. */
const fewFiles = 16;

/**
 * A few files outside of their archive, whatever they are called: the wrapper at the beginning of each tells its kind. Undefined when
 * none has one of these.
 */
export async function findXFilesByHead(input: InspectedInput): Promise<XFiles | undefined> {
  const entries = input.entries();
  if (entries.length > fewFiles) return undefined;
  const files: Record<keyof typeof xFileKinds, ArchiveEntry[]> = {
    account: [],
    profile: [],
    posts: [],
    notes: [],
    likes: [],
    messages: [],
    groupMessages: [],
    followers: [],
    following: [],
  };
  for (const entry of entries) {
    const head = String.fromCharCode(...(await input.head(entry.path)).subarray(0, 128));
    const name = /^(?:\xef\xbb\xbf)?\s*window\.YTD\.(\w+)\.part\d+\s*=/.exec(head)?.[1];
    const kind = kindNames.find((each) => (xFileKinds[each].names as readonly string[]).includes(name ?? ""));
    if (kind !== undefined) files[kind].push(entry);
  }
  // A profile says nothing without its account.
  const isX = kindNames.some((kind) => kind !== "profile" && files[kind].length > 0);
  return isX ? { folder: "", files, manifest: undefined } : undefined;
}

const kindNames = Object.keys(xFileKinds) as (keyof typeof xFileKinds)[];

function depthOf(folder: string): number {
  return folder.split("/").length - 1;
}

function partOf(entry: ArchiveEntry, kind: keyof typeof xFileKinds, folder: string): number {
  return Number(xFileKinds[kind].pattern.exec(entry.path.slice(folder.length))?.[1] ?? 0);
}
