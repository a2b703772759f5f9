/** Time that passes under load: here it is what happens meanwhile that counts, so there is nothing to wait for. */

export function passed(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
