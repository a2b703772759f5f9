/** Has names lead where a test says, for one program: by an `/etc/hosts` in a mount namespace of its own. */
export class Hosts implements AsyncDisposable {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  static async make(name: string, address: string): Promise<Hosts> {
    const hosts = new Hosts(await Deno.makeTempFile());
    await hosts.lead(name, address);
    return hosts;
  }

  /** Has the name lead to an address from now on. */
  async lead(name: string, address: string): Promise<void> {
    await Deno.writeTextFile(this.#path, `${address} ${name}\n`);
  }

  /** Stands before a command that shall know the name. */
  get wrapper(): string[] {
    const own = Deno.uid() === 0 ? ["-m"] : ["-U", "-r", "-m"];
    const script = 'mount --bind "$0" /etc/hosts && exec "$@"';
    return ["unshare", ...own, "sh", "-c", script, this.#path];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Deno.remove(this.#path);
  }
}
