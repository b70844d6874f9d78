/** Questions of one group, such as one input's guardians, in the order in which they are asked. None of them rejects. */
export type Questions<answer> = readonly (() => Promise<answer>)[];

export type Waves<answer> = {
  /** In the order of arrival. Whoever stops listening leaves the rest unasked. */
  readonly answers: AsyncGenerator<answer>;
  /** So many of a group are asked at once from now on. */
  atLeast(group: number, count: number): void;
};

/** How long the first ones may take before the others are asked too. */
const hedgeMs = 200;

/**
 * Asks a majority of each group first, which is what most thresholds are, and spares the others the work. All the rest of a
 * group is asked as soon as one of it gives no good answer, and of every group when the first take long, or all have answered and
 * whoever listens still wants more.
 *
 * @param withinMs after so long there are no more answers, whoever still holds the line
 */
export function inWaves<answer>(
  groups: readonly Questions<answer>[],
  isGood: (answer: answer) => boolean,
  withinMs?: number,
): Waves<answer> {
  const asked = groups.map(() => 0);
  const arrived: answer[] = [];
  let pending = 0;
  let isOver = false;
  let wake: () => void = () => {};

  const atLeast = (group: number, count: number): void => {
    const questions = groups[group] ?? [];
    for (let at = asked[group] ?? 0; at < Math.min(count, questions.length); at++) {
      asked[group] = at + 1;
      pending += 1;
      void questions[at]?.().then((answer) => {
        pending -= 1;
        arrived.push(answer);
        if (!isGood(answer)) atLeast(group, questions.length);
        wake();
      });
    }
  };
  const askAll = (): void => {
    for (const [group, questions] of groups.entries()) atLeast(group, questions.length);
  };

  const endNow = (): void => {
    isOver = true;
    wake();
  };

  async function* answers(): AsyncGenerator<answer> {
    for (const [group, questions] of groups.entries()) atLeast(group, Math.floor(questions.length / 2) + 1);
    const hedge = setTimeout(askAll, hedgeMs);
    const end = withinMs === undefined ? undefined : setTimeout(endNow, withinMs);
    try {
      for (;;) {
        const next = arrived.shift();
        if (next !== undefined) {
          yield next;
          continue;
        }
        if (pending === 0) askAll();
        if (pending === 0 || isOver) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      clearTimeout(hedge);
      clearTimeout(end);
    }
  }
  return { answers: answers(), atLeast };
}
