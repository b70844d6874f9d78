/** What page and worker say to each other. Plain data; the segments' bytes are handed over, not copied. */
export type ImportRequest = {
  readonly files: readonly File[];
  readonly thirdParties: "keep" | "omit" | "pseudonymise";
  /** 32 bytes, for pseudonyms. */
  readonly pseudonymKey: Uint8Array | undefined;
  readonly timeZone: string;
};

export type FoundSegment = {
  readonly name: string;
  readonly schema: string;
  readonly records: number;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly bytes: Uint8Array;
  /** For the owner alone: never granted by default. */
  readonly isPrivate: boolean;
};

export type Found = {
  readonly connector: string;
  readonly also: readonly string[];
  readonly segments: readonly FoundSegment[];
  readonly remarks: readonly {
    readonly segment: string | null;
    readonly kind: string;
    readonly reason: string;
    readonly count: number;
  }[];
};

export type ImportAnswer =
  | { readonly type: "progress"; readonly file: string; readonly done: number; readonly total: number }
  | { readonly type: "found"; readonly found: Found }
  | {
      readonly type: "failed";
      /** Of the SDK's table; undefined for what is no error of the SDK. */
      readonly code: string | undefined;
      readonly message: string;
      readonly data: Readonly<Record<string, string>>;
    };
