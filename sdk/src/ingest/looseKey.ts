/** Stands for fields that belong to no record, and have no id: themselves. */
export function looseKey(segment: string | null, fields: string): string {
  return `${segment ?? ""} ${fields}`;
}
