/**
 * A wall clock that can be set, for programs of the test's own: Debian's libfaketime, which they load. Their monotonic clock
 * goes on as it is, as when a machine's clock is set.
 */

/** The folder of a machine's libraries, as Debian names it. */
const MACHINE = `${Deno.build.arch}-linux-gnu`;

const LIBRARY = `/usr/lib/${MACHINE}/faketime/libfaketimeMT.so.1`;

export class FakeClock implements Disposable {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /** Makes a clock that is right at first. */
  static make(): FakeClock {
    const clock = new FakeClock(Deno.makeTempFileSync());
    clock.set(0);
    return clock;
  }

  /** The environment of a program that lives by this clock. */
  get env(): Record<string, string> {
    return {
      // libc's own malloc goes before any other, since Redis' asks for the time before the library can tell it.
      LD_PRELOAD: `${LIBRARY}:libc.so.6`,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: "1",
      DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** @param seconds off the true time, back where it is negative */
  set(seconds: number): void {
    // The file is renamed into its place, so that nobody reads half of it.
    const next = `${this.#file}.next`;
    Deno.writeTextFileSync(next, `${seconds < 0 ? "" : "+"}${seconds}\n`);
    Deno.renameSync(next, this.#file);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#file);
  }
}
