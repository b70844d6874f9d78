/** Alphabets that have letters which look like letters of another. */
const alike = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
];
/** Beyond this a name is cut anyway. */
const looked = 256;

/** Does one word of it take letters of two such alphabets, as in a name that was made to be taken for another? */
export function mixedAlphabets(text: string): boolean {
  return text
    .slice(0, looked)
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .some((word) => alike.filter((alphabet) => alphabet.test(word)).length > 1);
}
