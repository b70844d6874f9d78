/** Text of RFC 3676 (`format=flowed`) with its paragraphs whole. `delsp`: the space at a soft end is not of the text. */
export function unflow(text: string, delsp: boolean): string {
  const out: string[] = [];
  let quote = -1;
  let flowing = false;
  for (const line of text.split("\n")) {
    let depth = 0;
    while (line[depth] === ">") depth += 1;
    const stuffed = line[depth] === " " ? line.slice(depth + 1) : line.slice(depth);
    const isSignature = stuffed === "-- ";
    const soft = stuffed.endsWith(" ") && !isSignature;
    const content = soft && delsp ? stuffed.slice(0, -1) : stuffed;
    const last = out.length - 1;
    if (flowing && depth === quote && !isSignature) out[last] = (out[last] ?? "") + content;
    else out.push(depth > 0 ? `${">".repeat(depth)} ${content}` : content);
    flowing = soft;
    quote = depth;
  }
  return out.join("\n");
}
