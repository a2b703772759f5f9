/** Does what has to be done before a moment, and on a machine that is too slow for it once more, with more time. */

/** How much longer each further attempt has, and how many there are. */
const LONGER = 4;
const ATTEMPTS = 3;

/**
 * Resolves with what an attempt came to that was over before the moment it was given. What fails after that moment is
 * tried again; what fails before it has failed.
 *
 * @param seconds how long the first attempt has
 * @param attempt is given the moment in Unix seconds, and which attempt it is, from 0: each needs users and ids of its own
 */
export async function beforeEnd<T>(
  seconds: number,
  attempt: (end: number, turn: number) => Promise<T>,
): Promise<T> {
  for (let turn = 0;; turn++) {
    const end = Math.ceil(Date.now() / 1000) + seconds * LONGER ** turn;
    const isLate = () => Date.now() >= end * 1000;
    try {
      const result = await attempt(end, turn);
      if (!isLate()) return result;
      if (turn === ATTEMPTS - 1) throw new Error(`${seconds * LONGER ** turn} s are too few`);
    } catch (error) {
      if (!isLate() || turn === ATTEMPTS - 1) throw error;
    }
  }
}
