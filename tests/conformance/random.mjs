// Random choices that a seed determines, so that every run tries the same documents.

/** A generator of random numbers: Mulberry32, which has 32 bits of state. */
export class Random {
  #state;

  constructor(seed) {
    // Spreads out neighbouring seeds, whose first numbers would be alike otherwise.
    this.#state = Math.imul(seed + 1, 0x9e3779b1);
  }

  /** Returns a number from 0 to below 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** Returns an integer from 0 to below `bound`. */
  below(bound) {
    return Math.floor(this.next() * bound);
  }

  /** Returns an integer from `least` to `most`, both included. */
  between(least, most) {
    return least + this.below(most - least + 1);
  }

  /** Returns true with the given probability. */
  chance(probability) {
    return this.next() < probability;
  }

  /** Returns one of the items. */
  pick(items) {
    return items[this.below(items.length)];
  }

  /** Returns the items in a random order. */
  shuffle(items) {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]];
    }
    return shuffled;
  }
}
