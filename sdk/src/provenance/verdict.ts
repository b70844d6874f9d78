/** JSON, as a verdict prints it. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

export type VerdictFields = Readonly<Record<string, JsonValue>>;

/**
 * What a verifier says of a piece of evidence. `rule` names the first rule that does not hold, in the order of the kind's table, or
 * is `accepted`. `fields` are what was found, for programs and people; of a rejected proof nothing in them is proved.
 */
export type ProvenanceVerdict<Kind extends string = string, Rule extends string = string> = {
  readonly kind: Kind;
  readonly verdict: "accept" | "reject";
  readonly rule: Rule | null;
  readonly fields: VerdictFields;
};
