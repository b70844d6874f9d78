import { createRandom } from "./random.ts";

/** So many cards of the versions in turn, piece by piece: the same options give the same text. */
export function* generateCards({
  seed = 1,
  cards,
}: {
  readonly seed?: number;
  readonly cards: number;
}): Generator<string> {
  const random = createRandom(seed);
  for (let number = 0; number < cards; number++) {
    const version = random.pick(["2.1", "3.0", "4.0"]);
    const name =
      version === "2.1" ? "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=85se=20=\r\n=C3=98stby" : "FN:Åse Østby";
    yield `BEGIN:VCARD\r\nVERSION:${version}\r\nUID:${number}\r\n${name}\r\nTEL;TYPE=CELL:+47 ${number}\r\nEMAIL;TYPE=WORK:a${number}@example.org\r\nEND:VCARD\r\n`;
  }
}
