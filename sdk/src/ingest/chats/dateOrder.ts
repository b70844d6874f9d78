/** The three numbers of a date in the order they stand in. */
export type DateNumbers = readonly [number, number, number];
export type DateOrder = "dmy" | "mdy" | "ymd";

export type DateOrderFinder = {
  add(numbers: DateNumbers): void;
  /** @returns the order, and whether the file leaves it open */
  decide(): { readonly order: DateOrder; readonly isOpen: boolean };
};

/**
 * Finds out in which order a file writes its dates, from all of them: a number above 12 is no month, and a chat runs forward in
 * time. Where neither tells, day before month, which most of the world writes, unless `monthFirst`.
 */
export function createDateOrder(monthFirst: () => boolean): DateOrderFinder {
  const orders = (["dmy", "mdy", "ymd"] as const).map((order) => ({ order, wrong: 0, backward: 0, last: 0 }));
  let yearIsFirst = 0;
  let yearIsLast = 0;
  return {
    add(numbers) {
      if (numbers[0] > 99) yearIsFirst += 1;
      if (numbers[2] > 99) yearIsLast += 1;
      for (const state of orders) {
        const day = dayOf(numbers, state.order);
        if (day === undefined) state.wrong += 1;
        else {
          if (day < state.last) state.backward += 1;
          state.last = day;
        }
      }
    },
    decide() {
      if (yearIsFirst > yearIsLast) return { order: "ymd", isOpen: false };
      // A year of two digits in front is believed only where nothing speaks for the others.
      const ranked = [...orders].sort((a, b) => a.wrong - b.wrong || a.backward - b.backward);
      const [first, second] = ranked;
      const isOpen = first?.wrong === second?.wrong && first?.backward === second?.backward;
      if (!isOpen && first !== undefined) return { order: first.order, isOpen: false };
      const tied = ranked.filter(({ wrong, backward }) => wrong === first?.wrong && backward === first.backward);
      const names = tied.map(({ order }) => order);
      if (names.includes("mdy") && (monthFirst() || !names.includes("dmy"))) {
        return { order: "mdy", isOpen: names.includes("dmy") };
      }
      return { order: "dmy", isOpen: names.includes("mdy") };
    },
  };
}

/** Year, month and day; years of two digits are of this century, those of the Buddhist calendar are told by their number. */
export function inOrder(numbers: DateNumbers, order: DateOrder): { year: number; month: number; day: number } {
  const [a, b, c] = numbers;
  const [year, month, day] = order === "ymd" ? [a, b, c] : order === "dmy" ? [c, b, a] : [c, a, b];
  if (year < 100) return { year: year + 2000, month, day };
  return { year: year >= 2400 && year < 2700 ? year - 543 : year, month, day };
}

function dayOf(numbers: DateNumbers, order: DateOrder): number | undefined {
  const { year, month, day } = inOrder(numbers, order);
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  return (year * 12 + month) * 31 + day;
}
